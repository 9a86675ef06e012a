//! The bytes of a data file, raw or packed with gzip, read no further than asked.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use crate::{Error, Result};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A stream of unpacked bytes.
pub(crate) struct Source<'a> {
    path: PathBuf,
    stream: Stream<'a>,
    at_start: bool,
}

type Input<'a> = Box<dyn BufRead + 'a>;

enum Stream<'a> {
    Raw(Input<'a>),
    Gzip(Box<GzDecoder<Input<'a>>>),
}

impl Source<'static> {
    /// Opens the file at `path`.
    pub(crate) fn open(path: &Path) -> Result<Source<'static>> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        Source::over(BufReader::new(file), path)
    }
}

impl<'a> Source<'a> {
    /// Reads from `input`; errors call it `path`.
    pub(crate) fn over(mut input: impl BufRead + 'a, path: &Path) -> Result<Source<'a>> {
        let mut start = Vec::new();
        (&mut input)
            .take(2)
            .read_to_end(&mut start)
            .map_err(Error::io("read", path))?;
        let packed = start == GZIP_MAGIC;
        let input: Input<'a> = Box::new(Cursor::new(start).chain(input));
        let stream = if packed {
            Stream::Gzip(Box::new(GzDecoder::new(input)))
        } else {
            Stream::Raw(input)
        };
        Ok(Source {
            path: path.to_path_buf(),
            stream,
            at_start: true,
        })
    }

    /// The file that this reads.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next `most` bytes, or fewer where the data end.
    ///
    /// Memory grows with the bytes that arrive, so `most` may come from an unchecked header.
    pub(crate) fn read(&mut self, most: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match &mut self.stream {
            Stream::Raw(input) => {
                let input = input.as_mut();
                input
                    .take(most)
                    .read_to_end(&mut bytes)
                    .map_err(Error::io("read", &self.path))?;
            }
            Stream::Gzip(decoder) => {
                let path = &self.path;
                let unpacked = decoder.as_mut().take(most).read_to_end(&mut bytes);
                let count = unpacked.map_err(|source| gzip_error(path, source))?;
                if self.at_start && bytes.starts_with(&GZIP_MAGIC) {
                    return Err(Error::malformed(
                        path,
                        "is a gzip file inside a gzip file; unpack it once",
                    ));
                }
                if u64::try_from(count).is_ok_and(|count| count < most) {
                    refuse_a_tail(decoder, path)?;
                }
            }
        }
        self.at_start = false;
        Ok(bytes)
    }

    /// All bytes, at most `limit`.
    pub(crate) fn read_all(&mut self, limit: u64) -> Result<Vec<u8>> {
        let bytes = self.read(limit.saturating_add(1))?;
        if u64::try_from(bytes.len()).is_ok_and(|count| count <= limit) {
            return Ok(bytes);
        }
        Err(Error::malformed(
            &self.path,
            format!("holds more than the {limit} bytes that are read of such a file; split it"),
        ))
    }
}

/// The first of `names` that is a file in `dir`; the error lists what was looked for.
pub(crate) fn find_first(dir: &Path, names: &[String]) -> Result<PathBuf> {
    let found = names
        .iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        Error::malformed(
            dir,
            format!(
                "holds none of the files looked for: {}; put one of them there or name another \
                 folder",
                names.join(", "),
            ),
        )
    })
}

/// A second member or garbage after the first member is refused: `gzip` reads the one and
/// warns of the other, and either way the file is not what its maker meant.
fn refuse_a_tail(decoder: &mut GzDecoder<Input<'_>>, path: &Path) -> Result<()> {
    let tail = decoder
        .get_mut()
        .fill_buf()
        .map_err(Error::io("read", path))?;
    if tail.is_empty() {
        return Ok(());
    }
    Err(Error::malformed(
        path,
        "has more bytes after the end of its gzip data; unpack it and pack it again as one piece",
    ))
}

fn gzip_error(path: &Path, source: std::io::Error) -> Error {
    match source.kind() {
        ErrorKind::UnexpectedEof => Error::malformed(
            path,
            "its gzip data are cut short; fetch or pack the file again",
        ),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => Error::malformed(
            path,
            format!("its gzip data are damaged ({source}); fetch or pack the file again"),
        ),
        _ => Error::io("read", path)(source),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use super::*;

    /// `bytes` packed with gzip.
    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(bytes: &[u8], limit: u64) -> Result<Vec<u8>> {
        Source::over(bytes, Path::new("some.file"))?.read_all(limit)
    }

    fn refusal(bytes: &[u8]) -> String {
        unpack(bytes, 1 << 20).unwrap_err().to_string()
    }

    #[test]
    fn gzip_is_told_by_content() {
        for text in [&b"hello"[..], b"", b"\x1f", b"\x1f\x8c"] {
            assert_eq!(unpack(text, 10).unwrap(), text);
            assert_eq!(unpack(&gzip(text), 10).unwrap(), text);
        }
    }

    #[test]
    fn reading_in_pieces_gives_the_whole() {
        let packed = gzip(b"abcdef");
        let mut source = Source::over(packed.as_slice(), Path::new("x")).unwrap();
        assert_eq!(source.read(4).unwrap(), b"abcd");
        assert_eq!(source.read(2).unwrap(), b"ef");
        assert_eq!(source.read(2).unwrap(), b"");
    }

    #[test]
    fn gzip_inside_gzip_is_refused() {
        assert!(refusal(&gzip(&gzip(b"hello"))).contains("unpack it once"));
    }

    #[test]
    fn bytes_after_the_gzip_data_are_refused() {
        for tail in [&b"x"[..], &gzip(b"second member")] {
            let file = [&gzip(b"hello"), tail].concat();
            assert!(refusal(&file).contains("after the end of its gzip data"));
        }
    }

    #[test]
    fn gzip_cut_anywhere_is_refused() {
        let packed = gzip(&[7; 1000]);
        for length in 2..packed.len() {
            assert!(
                refusal(&packed[..length]).contains("cut short"),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn damaged_gzip_is_refused() {
        let mut packed = gzip(b"hello hello hello");
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        assert!(refusal(&packed).contains("damaged"));
        packed[checksum] ^= 1;
        packed[2] = 9;
        assert!(refusal(&packed).contains("damaged"));
    }

    #[test]
    fn a_bomb_is_read_to_the_limit_only() {
        let bomb = gzip(&vec![0; 1 << 24]);
        assert!(bomb.len() < 1 << 15);
        let mut source = Source::over(bomb.as_slice(), Path::new("bomb")).unwrap();
        let bytes = source.read(1000).unwrap();
        assert!(bytes.len() == 1000 && bytes.capacity() < 1 << 16);
        assert!(refusal(&bomb).contains("more than the 1048576 bytes"));
        assert_eq!(unpack(&bomb, 1 << 24).unwrap().len(), 1 << 24);

        let mut zeros = std::io::repeat(0).take(1 << 24);
        let input = BufReader::new(&mut zeros);
        let mut source = Source::over(input, Path::new("zeros")).unwrap();
        assert!(source.read_all(1000).is_err());
        drop(source);
        assert!(zeros.limit() > (1 << 24) - (1 << 16));
    }
}
