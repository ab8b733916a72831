//! Statements that write many rows at once. Knows no table of the product.
//!
//! A statement costs more than a row on SQLite, and a round trip on PostgreSQL.

use super::error::Result;
use super::tx::Tx;
use super::value::Arg;
use std::sync::OnceLock;

/// Rows written with one statement: few, so that there are few statements to keep prepared.
pub(super) const AT_ONCE: usize = 32;

/// An INSERT of some rows, whose texts are made once: writing them out costs more than finding them prepared.
pub(crate) struct Rows {
    /// `INSERT INTO … (…)`, without the values.
    insert: &'static str,
    /// What comes after the values.
    then: &'static str,
    columns: usize,
    /// A bit for each column in which rows mostly hold the same. If all of them do, it is bound once instead of once a row,
    /// which spares SQLite copies of it and PostgreSQL the way.
    alike: u32,
    /// The texts by the number of their rows less one.
    texts: Texts,
    /// The same for rows that are alike.
    texts_alike: Texts,
}

type Texts = [OnceLock<String>; AT_ONCE];

impl Rows {
    /// `alike` are columns, counted from 0.
    pub(crate) const fn new(
        insert: &'static str,
        columns: usize,
        alike: &[usize],
        then: &'static str,
    ) -> Self {
        Self {
            insert,
            then,
            columns,
            alike: bits(alike),
            texts: [const { OnceLock::new() }; AT_ONCE],
            texts_alike: [const { OnceLock::new() }; AT_ONCE],
        }
    }

    /// The statement for these rows, at most [`AT_ONCE`], and what it binds.
    pub(super) fn statement<'a, R>(&self, rows: Vec<R>) -> (&str, Vec<Arg<'a>>)
    where
        R: AsRef<[Arg<'a>]> + IntoIterator<Item = Arg<'a>>,
    {
        let first = rows.first().map(AsRef::as_ref).unwrap_or_default();
        let same = |row: &R| {
            let mut columns = row.as_ref().iter().zip(first).enumerate();
            columns.all(|(column, (value, first))| !has(self.alike, column) || value == first)
        };
        let alike = rows.len() > 1 && rows[1..].iter().all(same);
        let text = self.text(rows.len(), alike);
        let shared = if alike { self.alike } else { 0 };
        let mut bound = Vec::with_capacity(rows.len() * self.columns);
        for (number, row) in rows.into_iter().enumerate() {
            let values = row.into_iter().enumerate();
            let own = values.filter(|(column, _)| number == 0 || !has(shared, *column));
            bound.extend(own.map(|(_, value)| value));
        }
        (text, bound)
    }

    /// The text for so many rows. If they are alike, those after the first take from it what they share.
    pub(super) fn text(&self, rows: usize, alike: bool) -> &str {
        let (texts, shared) = match alike {
            true => (&self.texts_alike, self.alike),
            false => (&self.texts, 0),
        };
        texts[rows - 1].get_or_init(|| {
            let mut bound = 0;
            let mut values = Vec::with_capacity(rows);
            for row in 0..rows {
                let mut places = Vec::with_capacity(self.columns);
                for column in 0..self.columns {
                    if row > 0 && has(shared, column) {
                        places.push(format!("${}", column + 1));
                    } else {
                        bound += 1;
                        places.push(format!("${bound}"));
                    }
                }
                values.push(format!("({})", places.join(", ")));
            }
            format!("{} VALUES {}{}", self.insert, values.join(", "), self.then)
        })
    }
}

/// A bit for each of these columns.
const fn bits(columns: &[usize]) -> u32 {
    let (mut bits, mut place) = (0, 0);
    while place < columns.len() {
        bits |= 1 << columns[place];
        place += 1;
    }
    bits
}

const fn has(bits: u32, column: usize) -> bool {
    bits >> column & 1 == 1
}

impl Tx<'_> {
    /// Writes any number of rows.
    pub(crate) fn execute_rows<'a, R>(
        &mut self,
        table: &Rows,
        mut rows: impl ExactSizeIterator<Item = R>,
    ) -> Result<()>
    where
        R: AsRef<[Arg<'a>]> + IntoIterator<Item = Arg<'a>>,
    {
        while rows.len() > 0 {
            let (text, bound) = table.statement(rows.by_ref().take(AT_ONCE).collect());
            self.execute(text, &bound)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;

    static TABLE: Rows = Rows::new("INSERT INTO t (a, b, c)", 3, &[0, 2], " END");

    #[test]
    fn what_rows_share_is_bound_once() {
        let rows = vec![args!["x", 1, true], args!["x", 2, true]];
        let (text, bound) = TABLE.statement(rows);
        assert_eq!(
            text,
            "INSERT INTO t (a, b, c) VALUES ($1, $2, $3), ($1, $4, $3) END"
        );
        assert_eq!(bound, args!["x", 1, true, 2]);
    }

    #[test]
    fn rows_of_which_one_differs_are_bound_each() {
        let rows = vec![
            args!["x", 1, true],
            args!["x", 1, true],
            args!["y", 1, true],
        ];
        let (text, bound) = TABLE.statement(rows);
        assert!(text.ends_with("($4, $5, $6), ($7, $8, $9) END"), "{text}");
        assert_eq!(bound, args!["x", 1, true, "x", 1, true, "y", 1, true]);
        let (text, bound) = TABLE.statement(vec![args!["x", 1, true]]);
        assert_eq!(text, "INSERT INTO t (a, b, c) VALUES ($1, $2, $3) END");
        assert_eq!(bound.len(), 3);
    }
}
