//! The page around the charts: head, opening facts, sections, tables, foot.

use crate::style::STYLE;
use crate::text::escape;
use crate::{Report, Table};

/// What the browser is told to load from elsewhere: nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A fact of more letters than this takes two places.
const LONG: usize = 16;

/// The whole document around `body`.
pub(crate) fn document(report: &Report, body: &str) -> String {
    let title = escape(heading(report));
    let footer = match report.footer.as_str() {
        "" => String::new(),
        text => format!("<footer>{}</footer>\n", escape(text)),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n{footer}</body>\n</html>\n"
    )
}

/// The title and the facts shown first.
pub(crate) fn opening(report: &Report) -> String {
    let mut html = format!("<h1>{}</h1>\n", escape(heading(report)));
    if !report.summary.is_empty() {
        html += "<dl class=\"facts\">\n";
        for (name, value) in &report.summary {
            let class = match value.chars().count() > LONG {
                true => " class=\"long\"",
                false => "",
            };
            html += &format!(
                "<div{class}><dt>{}</dt><dd>{}</dd></div>\n",
                escape(name),
                escape(value)
            );
        }
        html += "</dl>\n";
    }
    html
}

fn heading(report: &Report) -> &str {
    match report.title.as_str() {
        "" => "Training report",
        title => title,
    }
}

/// A section with its heading; `heading` is plain text, `body` is HTML.
pub(crate) fn section(id: &str, heading: &str, body: &str) -> String {
    let heading = match heading {
        "" => String::new(),
        text => format!("<h2>{}</h2>\n", escape(text)),
    };
    format!("<section id=\"{id}\">\n{heading}{body}</section>\n")
}

/// The further tables, one section each.
pub(crate) fn tables(tables: &[Table]) -> String {
    let mut html = String::new();
    for (number, table) in tables.iter().enumerate() {
        if table.rows.is_empty() && table.note.is_empty() {
            continue;
        }
        let mut body = String::new();
        if !table.note.is_empty() {
            body += &format!("<p>{}</p>\n", escape(&table.note));
        }
        if !table.rows.is_empty() {
            body += &grid(&table.header, &table.rows);
        }
        html += &section(&format!("table-{}", number + 1), &table.title, &body);
    }
    html
}

/// A table that scrolls sideways where the page is narrow; columns of numbers align right.
pub(crate) fn grid(header: &[String], rows: &[Vec<String>]) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let numeric: Vec<bool> = (0..width)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).all(is_number))
        .collect();
    let mut html = String::from("<div class=\"wide\"><table>\n");
    if !header.is_empty() {
        html += &format!("<thead>{}</thead>\n", line("th", header, &numeric));
    }
    html += "<tbody>\n";
    for row in rows {
        html += &line("td", row, &numeric);
    }
    html + "</tbody>\n</table></div>\n"
}

fn line(element: &str, cells: &[String], numeric: &[bool]) -> String {
    let mut html = String::from("<tr>");
    for (column, cell) in cells.iter().enumerate() {
        let class = match numeric.get(column) {
            Some(true) => " class=\"number\"",
            _ => "",
        };
        html += &format!("<{element}{class}>{}</{element}>", escape(cell));
    }
    html + "</tr>\n"
}

/// Whether a cell reads as a number, perhaps with a sign and a unit: `-1,024`, `97.94%`, `1/512`.
fn is_number(cell: &String) -> bool {
    let digits = cell.trim_start_matches(['-', '+', '−', '±']);
    cell.is_empty()
        || cell == crate::text::NOTHING
        || digits.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render;

    #[test]
    fn columns_of_numbers_align_right_and_others_do_not() {
        let rows = [["fc1", "-1,024"], ["fc2", "97.94%"]].map(|row| row.map(String::from).to_vec());
        let html = grid(&["layer".into(), "value".into()], &rows);
        assert!(html.contains("<td>fc1</td><td class=\"number\">-1,024</td>"));
        assert!(html.contains("<th>layer</th><th class=\"number\">value</th>"));
    }

    #[test]
    fn a_table_without_rows_is_left_out_unless_it_says_something() {
        let mut table = Table {
            title: "Overflows".into(),
            header: vec!["layer".into()],
            ..Table::default()
        };
        assert_eq!(tables(std::slice::from_ref(&table)), "");
        table.note = "None happened.".into();
        assert!(tables(&[table]).contains("<p>None happened.</p>"));
    }

    #[test]
    fn a_page_without_a_title_still_has_a_heading() {
        let html = render(&Report::default()).unwrap();
        assert!(html.contains("<title>Training report</title>"));
        assert!(!html.contains("<section"));
        assert!(!html.contains("<footer"));
    }
}
