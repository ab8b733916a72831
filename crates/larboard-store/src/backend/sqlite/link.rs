//! One SQLite connection: its prepared statements, its types and its errors.

use crate::backend::error::{Result, StoreError};
use crate::backend::row::Row;
use crate::backend::statement::numbered;
use crate::backend::tx::Link;
use crate::backend::value::Arg;
use crate::dialect::{Dialect, constraint_of_columns};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Rows, Statement, ffi};
use std::collections::HashMap;

/// Statements kept prepared. Past it all are forgotten, which only costs preparing them again.
const STATEMENTS: usize = 512;

pub(super) struct SqliteLink<'c> {
    conn: &'c Connection,
    /// By the text as written, with `$n`, so that it is rewritten once.
    statements: HashMap<Box<str>, Statement<'c>>,
}

impl<'c> SqliteLink<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            statements: HashMap::new(),
        }
    }

    /// Runs a prepared statement without arguments or rows, such as BEGIN.
    pub(super) fn control(&mut self, sql: &str) -> Result<()> {
        self.statement(sql)?.raw_execute().map(drop).map_err(error)
    }

    fn statement(&mut self, sql: &str) -> Result<&mut Statement<'c>> {
        if !self.statements.contains_key(sql) {
            if self.statements.len() >= STATEMENTS {
                self.statements.clear();
            }
            let prepared = self.conn.prepare(&numbered(sql)).map_err(error)?;
            self.statements.insert(sql.into(), prepared);
        }
        self.statements.get_mut(sql).ok_or(StoreError::Closed)
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

    fn query_each(
        &mut self,
        sql: &str,
        args: &[Arg],
        f: &mut dyn FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let statement = self.bound(sql, args)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(row) = next(&mut rows, columns)? {
            f(row)?;
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.conn.execute_batch(sql).map_err(error)
    }

    fn is_over(&self) -> bool {
        self.conn.is_autocommit()
    }
}

fn next(rows: &mut Rows<'_>, columns: usize) -> Result<Option<Row>> {
    let Some(row) = rows.next().map_err(error)? else {
        return Ok(None);
    };
    let mut values = Vec::with_capacity(columns);
    for column in 0..columns {
        values.push(value(row.get_ref(column).map_err(error)?)?);
    }
    Ok(Some(Row::new(values)))
}

fn value(value: ValueRef<'_>) -> Result<Arg> {
    Ok(match value {
        ValueRef::Null => Arg::Null,
        ValueRef::Integer(i) => Arg::Int(i),
        ValueRef::Real(r) => Arg::Real(r),
        ValueRef::Blob(bytes) => Arg::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Arg::Text(text),
            Err(_) => return Err(StoreError::data("stored text is not UTF-8")),
        },
    })
}

impl ToSql for Arg {
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
