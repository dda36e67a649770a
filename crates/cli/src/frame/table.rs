//! Tables as most of Kafka's newer tools print them.

use std::io::{self, Write};

/// Writes a table: columns as wide as their widest cell, each followed by a tab.
pub(crate) fn write_table(out: &mut dyn Write, headers: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let widths: Vec<usize> = (0..headers.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
            cells.chain([width(headers[column])]).max().unwrap_or_default()
        })
        .collect();
    let mut write_row = |cells: &mut dyn Iterator<Item = &str>| {
        for (cell, width) in cells.zip(&widths) {
            write!(out, "{cell:width$}\t")?;
        }
        writeln!(out)
    };
    write_row(&mut headers.iter().copied())?;
    rows.iter().try_for_each(|row| write_row(&mut row.iter().map(String::as_str)))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut out = Vec::new();
        let rows = [vec!["1".to_owned(), "a long cell".to_owned()], vec!["12345".to_owned(), "b".to_owned()]];
        write_table(&mut out, &["Id", "Name"], &rows).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Id   \tName       \t\n1    \ta long cell\t\n12345\tb          \t\n"
        );
    }
}
