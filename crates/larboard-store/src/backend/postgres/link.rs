//! One PostgreSQL connection: its prepared statements and its errors.

use crate::backend::error::{Result, StoreError};
use crate::backend::row::{Cell, Row, Source};
use crate::backend::statement::ByText;
use crate::backend::tx::Link;
use crate::backend::value::Arg;
use crate::dialect::{Dialect, constraint};
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, Statement};
use std::collections::HashMap;
use std::error::Error;

/// Statements kept prepared. Past it all are forgotten, which only costs preparing them again.
const STATEMENTS: usize = 512;

/// Why the transaction at hand must run again, if it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// The server asked for it: a conflict with another transaction, or a stale plan.
    Conflict,
    /// The connection is gone.
    Lost,
}

pub(super) struct PostgresLink {
    client: Client,
    statements: HashMap<Box<str>, Statement, ByText>,
    trouble: Trouble,
}

impl PostgresLink {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: HashMap::default(),
            trouble: Trouble::None,
        }
    }

    pub(super) fn trouble(&self) -> Trouble {
        self.trouble
    }

    pub(super) fn forget_trouble(&mut self) {
        self.trouble = Trouble::None;
    }

    /// Ends the transaction for good. The answer can be lost, which is neither success nor failure.
    pub(super) fn commit(&mut self, sql: &str) -> Result<()> {
        let Err(error) = self.client.batch_execute(sql) else {
            return Ok(());
        };
        let answered = error.as_db_error().is_some_and(|e| !is_farewell(e.code()));
        let error = self.note(error);
        if answered {
            Err(error)
        } else {
            Err(StoreError::OutcomeUnknown)
        }
    }

    fn statement(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = self.client.prepare(sql).map_err(|error| self.note(error))?;
        self.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    fn prepared(&mut self, sql: &str, args: &[Arg]) -> Result<Statement> {
        let statement = self.statement(sql)?;
        let wanted = statement.params().len();
        if wanted != args.len() {
            return Err(StoreError::data(format!(
                "a statement binds {wanted} values but was given {}",
                args.len()
            )));
        }
        Ok(statement)
    }

    /// Remembers what an error means for the transaction, and says what it means to its author.
    fn note(&mut self, error: postgres::Error) -> StoreError {
        let code = error.code().cloned();
        let lost = self.client.is_closed() || error.is_closed();
        if lost || code.as_ref().is_some_and(is_farewell) {
            self.trouble = Trouble::Lost;
            return StoreError::Unavailable(sentence(&error));
        }
        match &code {
            Some(code)
                if *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED =>
            {
                self.trouble = Trouble::Conflict;
                StoreError::Conflict
            }
            // The schema changed under a prepared statement: prepare it anew and run again.
            Some(code) if *code == SqlState::FEATURE_NOT_SUPPORTED && is_stale_plan(&error) => {
                self.statements.clear();
                self.trouble = Trouble::Conflict;
                StoreError::Conflict
            }
            Some(code) if *code == SqlState::UNIQUE_VIOLATION => {
                let name = error
                    .as_db_error()
                    .and_then(|e| e.constraint())
                    .unwrap_or_default();
                StoreError::Unique {
                    constraint: constraint(name),
                }
            }
            Some(code) if *code == SqlState::FOREIGN_KEY_VIOLATION => StoreError::ForeignKey,
            Some(code) if *code == SqlState::DISK_FULL => StoreError::Full,
            None if error.source().is_some_and(|s| !s.is::<std::io::Error>()) => {
                StoreError::Data(sentence(&error))
            }
            _ => StoreError::Database(error.into()),
        }
    }
}

impl Link for PostgresLink {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64> {
        let statement = self.prepared(sql, args)?;
        let binds: Vec<&(dyn postgres::types::ToSql + Sync)> = args
            .iter()
            .map(|arg| arg as &(dyn postgres::types::ToSql + Sync))
            .collect();
        self.client
            .execute(&statement, &binds)
            .map_err(|error| self.note(error))
    }

    fn insert(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<i64>> {
        let mut numbers = Vec::new();
        self.query_each(&format!("{sql} RETURNING seq"), args, &mut |row| {
            numbers.push(row.int(0)?);
            Ok(())
        })?;
        Ok(numbers)
    }

    fn update_number(
        &mut self,
        update: &str,
        column: &str,
        _: &str,
        args: &[Arg],
    ) -> Result<Option<i64>> {
        let mut number = None;
        let sql = format!("{update} RETURNING {column}");
        self.query_each(&sql, args, &mut |row| {
            number = Some(row.int(0)?);
            Ok(())
        })?;
        Ok(number)
    }

    fn query_each(
        &mut self,
        sql: &str,
        args: &[Arg],
        f: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let statement = self.prepared(sql, args)?;
        match each(&mut self.client, &statement, args, f) {
            Ok(result) => result,
            Err(error) => Err(self.note(error)),
        }
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        self.script(sql)
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.client
            .batch_execute(sql)
            .map_err(|error| self.note(error))
    }

    fn is_over(&self) -> bool {
        self.trouble != Trouble::None
    }
}

/// Streams the rows. The outer error is the server's, the inner one `f`'s.
fn each(
    client: &mut Client,
    statement: &Statement,
    args: &[Arg],
    f: &mut dyn FnMut(&Row<'_>) -> Result<()>,
) -> Result<Result<()>, postgres::Error> {
    let mut rows = client.query_raw(statement, args)?;
    while let Some(row) = rows.next()? {
        if let Err(error) = Row::lend(&row, f) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

impl Source for postgres::Row {
    fn width(&self) -> usize {
        self.len()
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        self.try_get(index)
            .map_err(|error| StoreError::Data(sentence(&error)))
    }
}

/// The server says goodbye with these before it closes the connection.
fn is_farewell(code: &SqlState) -> bool {
    *code == SqlState::ADMIN_SHUTDOWN
        || *code == SqlState::CRASH_SHUTDOWN
        || *code == SqlState::CANNOT_CONNECT_NOW
        || code.code().starts_with("08")
}

fn is_stale_plan(error: &postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|e| e.message().contains("cached plan"))
}

/// A driver error with its causes, which its own text leaves out.
pub(super) fn sentence(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
