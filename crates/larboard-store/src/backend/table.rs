//! Copying whole tables between databases of either kind. Knows no table by name.

use super::error::{Result, StoreError};
use super::tx::Tx;
use super::value::Arg;
use crate::args;
use crate::dialect::quoted;
use std::collections::BTreeSet;

impl Tx<'_> {
    /// The product's tables, each after those it refers to, so that rows can be inserted in order.
    pub fn tables(&mut self) -> Result<Vec<String>> {
        let mut left = Vec::new();
        for row in self.query(self.dialect().tables(), &[])? {
            let table = row.text(0)?;
            let mut refers = BTreeSet::new();
            for row in self.query(self.dialect().referred(), &args![&table])? {
                refers.insert(row.text(0)?);
            }
            refers.remove(&table);
            left.push((table, refers));
        }
        let mut ordered: Vec<String> = Vec::new();
        while !left.is_empty() {
            let ready = left
                .iter()
                .position(|(_, refers)| refers.iter().all(|t| ordered.contains(t)));
            let Some(ready) = ready else {
                return Err(StoreError::data("tables refer to each other in a circle"));
            };
            ordered.push(left.remove(ready).0);
        }
        Ok(ordered)
    }

    /// The columns of a table, in order.
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>> {
        let rows = self.query(self.dialect().columns(), &args![table])?;
        if rows.is_empty() {
            return Err(StoreError::data(format!("there is no table {table}")));
        }
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Hands every row of a table to `f`, with values in the order of [`Tx::columns`].
    pub fn dump_table(&mut self, table: &str, f: &mut dyn FnMut(Vec<Arg<'static>>)) -> Result<()> {
        let columns = list(&self.columns(table)?);
        let sql = format!("SELECT {columns} FROM {}", quoted(table));
        self.query_each(&sql, &[], &mut |row| {
            f(row.values());
            Ok(())
        })
    }

    /// Inserts a row, whichever kind of database its values were dumped from.
    pub fn insert_row(&mut self, table: &str, columns: &[String], values: &[Arg]) -> Result<()> {
        if columns.len() != values.len() {
            return Err(StoreError::data(format!(
                "a row of {table} has {} values for {} columns",
                values.len(),
                columns.len()
            )));
        }
        let binds: Vec<String> = (1..=values.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(table),
            list(columns),
            binds.join(", ")
        );
        self.execute(&sql, values).map(drop)
    }

    /// Lets generated numbers continue after the rows that were inserted with numbers of their own.
    pub fn continue_sequences(&mut self) -> Result<()> {
        let Some(sequences) = self.dialect().sequences() else {
            return Ok(());
        };
        for row in self.query(sequences, &[])? {
            let (table, column) = (row.text(0)?, row.text(1)?);
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence($1, $2), MAX({0})) FROM {1} HAVING MAX({0}) IS NOT NULL",
                quoted(&column),
                quoted(&table)
            );
            self.query(&sql, &args![quoted(&table), column])?;
        }
        Ok(())
    }
}

fn list(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
    columns.join(", ")
}
