//! Rows that are written at the end of their transaction, many with one statement. Knows no table of the product.
//!
//! Rows that nothing reads before the commit can wait for one another.

use super::error::Result;
use super::notice::Notice;
use super::rows::{AT_ONCE, Rows};
use super::tx::Tx;
use super::value::Arg;

/// Rows that wait at most, since they are held in memory.
const AT_MOST: usize = 256;

/// A table, keyed by a `{seq}` or `{counter}`, whose rows can wait for the end of the transaction.
pub(crate) struct Later {
    rows: Rows,
    /// Whether its rows are audit events, of which others are told once they are committed.
    is_told: bool,
}

impl Later {
    pub(crate) const fn new(rows: Rows, is_told: bool) -> Self {
        Self { rows, is_told }
    }
}

/// A row that waits: its table and its values.
pub(super) type Waiting = (&'static Later, Vec<Arg<'static>>);

impl Tx<'_> {
    /// Inserts a row now and returns its number. Rows of its table that wait are written first.
    pub(crate) fn insert_now(&mut self, table: &'static Later, row: &[Arg]) -> Result<i64> {
        self.write_waiting()?;
        let number = self.insert_numbered(table.rows.text(1, false), row)?;
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
                let (text, bound) = table.rows.statement(rows.by_ref().take(AT_ONCE).collect());
                let numbers = self.insert_all_numbered(text, &bound)?;
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
