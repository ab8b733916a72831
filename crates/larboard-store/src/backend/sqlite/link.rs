//! One SQLite connection: its prepared statements, its types and its errors.

use crate::backend::error::{Result, StoreError};
use crate::backend::row::{Cell, Row, Source};
use crate::backend::statement::{ByText, numbered};
use crate::backend::tx::Link;
use crate::backend::value::Arg;
use crate::dialect::{Dialect, constraint_of_columns};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement, ffi};
use std::collections::HashMap;

/// Statements kept prepared. Past it all are forgotten, which only costs preparing them again.
const STATEMENTS: usize = 512;

pub(super) struct SqliteLink<'c> {
    conn: &'c Connection,
    /// Places in `prepared` by the text as written, with `$n`, so that it is rewritten once.
    places: HashMap<Box<str>, usize, ByText>,
    prepared: Vec<Statement<'c>>,
    /// How many scripts were run: not all that they can change is among what SQLite counts.
    scripts: u64,
}

impl<'c> SqliteLink<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            places: HashMap::default(),
            prepared: Vec::new(),
            scripts: 0,
        }
    }

    /// Changes whenever something in the database does. It may also change when nothing does.
    pub(super) fn changes(&self) -> u64 {
        self.conn.total_changes().wrapping_add(self.scripts)
    }

    fn statement(&mut self, sql: &str) -> Result<&mut Statement<'c>> {
        let place = match self.places.get(sql) {
            Some(place) => *place,
            None => self.prepare(sql)?,
        };
        self.prepared.get_mut(place).ok_or(StoreError::Closed)
    }

    fn prepare(&mut self, sql: &str) -> Result<usize> {
        if self.prepared.len() >= STATEMENTS {
            self.places.clear();
            self.prepared.clear();
        }
        let statement = self.conn.prepare(&numbered(sql)).map_err(error)?;
        self.places.insert(sql.into(), self.prepared.len());
        self.prepared.push(statement);
        Ok(self.prepared.len() - 1)
    }

    fn bound(&mut self, sql: &str, args: &[Arg]) -> Result<&mut Statement<'c>> {
        let statement = self.statement(sql)?;
        let wanted = statement.parameter_count();
        if wanted != args.len() {
            return Err(StoreError::data(format!(
                "a statement binds {wanted} values but was given {}",
                args.len()
            )));
        }
        for (index, arg) in args.iter().enumerate() {
            statement
                .raw_bind_parameter(index + 1, arg)
                .map_err(error)?;
        }
        Ok(statement)
    }
}

impl Link for SqliteLink<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64> {
        let statement = self.bound(sql, args)?;
        if statement.column_count() == 0 {
            return statement
                .raw_execute()
                .map(|rows| rows as u64)
                .map_err(error);
        }
        let mut rows = statement.raw_query();
        let mut count = 0;
        while rows.next().map_err(error)?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn insert(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<i64>> {
        let rows = self.bound(sql, args)?.raw_execute().map_err(error)?;
        // There is one writer, so the rows of a statement are numbered without a gap.
        let last = self.conn.last_insert_rowid();
        Ok((last + 1 - rows as i64..=last).collect())
    }

    fn update_number(
        &mut self,
        update: &str,
        _: &str,
        look: &str,
        args: &[Arg],
    ) -> Result<Option<i64>> {
        if self.execute(update, args)? == 0 {
            return Ok(None);
        }
        let mut number = None;
        self.query_each(look, args, &mut |row| {
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
        let mut rows = self.bound(sql, args)?.raw_query();
        while let Some(row) = rows.next().map_err(error)? {
            Row::lend(row, f)?;
        }
        Ok(())
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        self.statement(sql)?.raw_execute().map(drop).map_err(error)
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.scripts += 1;
        self.conn.execute_batch(sql).map_err(error)
    }

    fn is_over(&self) -> bool {
        self.conn.is_autocommit()
    }
}

impl Source for rusqlite::Row<'_> {
    fn width(&self) -> usize {
        self.as_ref().column_count()
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        Ok(match self.get_ref(index).map_err(error)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(i) => Cell::Int(i),
            ValueRef::Real(r) => Cell::Real(r),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(text),
                Err(_) => return Err(StoreError::data("stored text is not UTF-8")),
            },
        })
    }
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Real(r) => ValueRef::Real(*r),
            Self::Bool(b) => ValueRef::Integer((*b).into()),
            Self::Text(text) | Self::Json(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What a driver error means to a store function.
pub(super) fn error(error: rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(failure, message) = &error else {
        return StoreError::Database(error.into());
    };
    let message = message.as_deref().unwrap_or_default();
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE => {
            return StoreError::Unique {
                constraint: constraint_of_columns(message, false),
            };
        }
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return StoreError::Unique {
                constraint: constraint_of_columns(message, true),
            };
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return StoreError::ForeignKey,
        // A quota or a limit of the file size. The frame that commits is written last, so nothing was committed.
        ffi::SQLITE_IOERR_WRITE => return StoreError::Full,
        _ => {}
    }
    match failure.code {
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
        ErrorCode::CannotOpen => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Database(error.into()),
    }
}
