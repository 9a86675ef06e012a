//! The records of a CSV text, each with the line it begins on.

use ::csv::{ReaderBuilder, StringRecord, Trim};

/// Reads records one by one; fields are trimmed of white space.
pub(super) struct Records<'t> {
    text: &'t str,
    reader: ::csv::Reader<&'t [u8]>,
    record: StringRecord,
    counted: usize,
    line: u64,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str) -> Records<'t> {
        // The reader would take the mark for text where an empty line follows it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        Records {
            text,
            reader,
            record: StringRecord::new(),
            counted: 0,
            line: 1,
        }
    }

    /// The next record and its line, counted from 1; `None` at the end. Empty lines are skipped.
    pub(super) fn next(&mut self) -> ::csv::Result<Option<(u64, &StringRecord)>> {
        if !self.reader.read_record(&mut self.record)? {
            return Ok(None);
        }
        let start = self.record.position().map_or(0, ::csv::Position::byte);
        self.advance_to(usize::try_from(start).unwrap_or(usize::MAX));
        Ok(Some((self.line, &self.record)))
    }

    /// Counts lines up to the first character of the record whose place the reader gives as
    /// `start`. Its own line number is not used: it counts `\n` only, and stands before the
    /// line ends that lie between two records.
    fn advance_to(&mut self, start: usize) {
        let bytes = self.text.as_bytes();
        let mut end = start.clamp(self.counted, bytes.len());
        while matches!(bytes.get(end), Some(b'\n' | b'\r')) {
            end += 1;
        }
        for place in self.counted..end {
            let ends_line = match bytes[place] {
                b'\n' => true,
                b'\r' => bytes.get(place + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends_line);
        }
        self.counted = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, String)> {
        let mut records = Records::new(text);
        let mut lines = Vec::new();
        while let Some((line, record)) = records.next().unwrap() {
            lines.push((line, record.iter().collect::<Vec<_>>().join("|")));
        }
        lines
    }

    #[test]
    fn every_record_knows_its_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("a,b{end}{end}{end}c, d {end}\"e{end}f\",g{end}h,i");
            let expected = [
                (1, "a|b".to_owned()),
                (4, "c|d".to_owned()),
                (5, format!("e{end}f|g")),
                (7, "h|i".to_owned()),
            ];
            assert_eq!(lines(&text), expected, "{end:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_field() {
        assert_eq!(
            lines("\u{feff}\n\na,b\nc,d"),
            [(3, "a|b".into()), (4, "c|d".into())]
        );
    }
}
