//! Rows that are written at the end of their transaction, many with one statement. Knows no table of the product.
//!
//! A statement costs more than a row on SQLite, and a round trip on PostgreSQL. Rows that nothing reads before the commit
//! can wait for one another.

use super::error::Result;
use super::notice::Notice;
use super::tx::Tx;
use super::value::Arg;
use crate::values::places;
use std::sync::OnceLock;

/// Rows written with one statement.
const AT_ONCE: usize = 32;

/// Rows that wait at most, since they are held in memory.
const AT_MOST: usize = 256;

/// A table, keyed by a `{seq}` or `{counter}`, whose rows can wait for the end of the transaction.
pub(crate) struct Later {
    /// `INSERT INTO … (…)`, without the values.
    insert: &'static str,
    columns: usize,
    /// Whether its rows are audit events, of which others are told once they are committed.
    is_told: bool,
    /// The whole statement, by the number of its rows less one.
    texts: [OnceLock<String>; AT_ONCE],
}

impl Later {
    pub(crate) const fn new(insert: &'static str, columns: usize, is_told: bool) -> Self {
        Self {
            insert,
            columns,
            is_told,
            texts: [const { OnceLock::new() }; AT_ONCE],
        }
    }

    /// The statement that inserts so many rows.
    fn text(&self, rows: usize) -> &str {
        self.texts[rows - 1]
            .get_or_init(|| format!("{} VALUES {}", self.insert, places(rows, self.columns)))
    }
}

/// A row that waits: its table and its values.
pub(super) type Waiting = (&'static Later, Vec<Arg<'static>>);

impl Tx<'_> {
    /// Inserts a row now and returns its number. Rows of its table that wait are written first.
    pub(crate) fn insert_now(&mut self, table: &'static Later, row: &[Arg]) -> Result<i64> {
        self.write_waiting()?;
        let number = self.insert_numbered(table.text(1), row)?;
        if table.is_told {
            Notice::put_after(&mut self.notices, Notice::Events(number..=number));
        }
        Ok(number)
    }

    /// Inserts a row at the end of the transaction, after those that came before it.
    pub(crate) fn insert_later(
        &mut self,
        table: &'static Later,
        row: Vec<Arg<'static>>,
    ) -> Result<()> {
        if self.waiting.len() >= AT_MOST {
            self.write_waiting()?;
        }
        self.waiting.push((table, row));
        Ok(())
    }

    /// Writes the rows that wait. Whoever reads their tables within the transaction calls this before.
    pub(crate) fn write_waiting(&mut self) -> Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        while let Some((table, _)) = waiting.first() {
            let table = *table;
            let (of_table, others): (Vec<Waiting>, _) = waiting
                .into_iter()
                .partition(|(other, _)| std::ptr::eq(*other, table));
            let mut rows = of_table.into_iter().map(|(_, row)| row);
            while rows.len() > 0 {
                let count = rows.len().min(AT_ONCE);
                let args: Vec<Arg> = rows.by_ref().take(count).flatten().collect();
                let numbers = self.insert_all_numbered(table.text(count), &args)?;
                if table.is_told {
                    for number in numbers {
                        Notice::put_after(&mut self.notices, Notice::Events(number..=number));
                    }
                }
            }
            waiting = others;
        }
        Ok(())
    }
}
