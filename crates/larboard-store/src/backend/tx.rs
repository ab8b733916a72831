//! What a store function sees of the database: statements in one transaction.

use super::error::{Result, StoreError};
use super::later::Waiting;
use super::notice::Notice;
use super::row::Row;
use super::value::Arg;
use crate::dialect::Dialect;
use larboard_core::time::Timestamp;

/// One connection as a transaction sees it. Implemented once per database.
pub(super) trait Link {
    fn dialect(&self) -> Dialect;
    fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64>;
    /// Runs an INSERT into a table with a `{seq}` and returns the numbers of its rows, in their order.
    fn insert(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<i64>>;
    /// Runs an UPDATE of at most one row and returns what is then in its `column`, which `look` selects.
    fn update_number(
        &mut self,
        update: &str,
        column: &str,
        look: &str,
        args: &[Arg],
    ) -> Result<Option<i64>>;
    fn query_each(
        &mut self,
        sql: &str,
        args: &[Arg],
        f: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()>;
    /// Runs a statement that governs the transaction, such as SAVEPOINT.
    fn control(&mut self, sql: &str) -> Result<()>;
    /// Runs statements without arguments, several of them if need be.
    fn script(&mut self, sql: &str) -> Result<()>;
    /// True if the transaction is over, whatever its savepoints say.
    fn is_over(&self) -> bool;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Sound,
    /// A statement failed; a savepoint around it can still recover.
    Poisoned,
    /// The database ended the transaction; nothing can recover.
    Over,
}

/// A transaction. Statements bind their arguments as `$1`, `$2`, … on both databases.
///
/// After a statement has failed, every other one fails with [`StoreError::Poisoned`], because
/// PostgreSQL would refuse it anyway; [`Tx::savepoint`] is the way to go on.
pub struct Tx<'t> {
    link: &'t mut (dyn Link + 't),
    state: State,
    depth: u32,
    pub(super) notices: Vec<Notice>,
    /// Rows to be written at the end.
    pub(super) waiting: Vec<Waiting>,
}

impl<'t> Tx<'t> {
    pub(super) fn new(link: &'t mut (dyn Link + 't)) -> Self {
        Self {
            link,
            state: State::Sound,
            depth: 0,
            notices: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Runs a statement and returns how many rows it changed (or returned).
    pub fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64> {
        self.prepare(args)?;
        let result = self.link.execute(sql, args);
        self.note(result)
    }

    /// Inserts one row into a table whose key is a `{seq}` and returns the number it was given. `sql` has no RETURNING:
    /// SQLite would make a temporary table for it, and knows the number anyway.
    pub fn insert_numbered(&mut self, sql: &str, args: &[Arg]) -> Result<i64> {
        let numbers = self.insert_all_numbered(sql, args)?;
        numbers.last().copied().ok_or(StoreError::Missing)
    }

    /// [`Tx::insert_numbered`] for several rows in one statement: their numbers, in their order.
    pub(super) fn insert_all_numbered(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<i64>> {
        self.prepare(args)?;
        let result = self.link.insert(sql, args);
        self.note(result)
    }

    /// Runs an UPDATE of at most one row and returns what is then in its `column`, a number; `None` if there was no such row.
    /// `look` selects that column of the row by the same arguments. `update` has no RETURNING, as in [`Tx::insert_numbered`].
    pub fn update_number(
        &mut self,
        update: &str,
        column: &str,
        look: &str,
        args: &[Arg],
    ) -> Result<Option<i64>> {
        self.prepare(args)?;
        let result = self.link.update_number(update, column, look, args);
        self.note(result)
    }

    /// Runs a statement and returns all its rows.
    pub fn query(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<Row<'static>>> {
        self.query_with(sql, args, |row| Ok(row.kept()))
    }

    /// Runs a statement and returns what `read` makes of each of its rows, which are not kept otherwise.
    pub fn query_with<T>(
        &mut self,
        sql: &str,
        args: &[Arg],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.query_each(sql, args, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs a statement and returns what `read` makes of its first row, if there is one.
    pub fn find_with<T>(
        &mut self,
        sql: &str,
        args: &[Arg],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.query_each(sql, args, &mut |row| {
            if first.is_none() {
                first = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// Runs a statement and returns its first row, if there is one.
    pub fn query_opt(&mut self, sql: &str, args: &[Arg]) -> Result<Option<Row<'static>>> {
        self.find_with(sql, args, |row| Ok(row.kept()))
    }

    /// Runs a statement and returns its first row, or [`StoreError::Missing`].
    pub fn query_one(&mut self, sql: &str, args: &[Arg]) -> Result<Row<'static>> {
        self.query_opt(sql, args)?.ok_or(StoreError::Missing)
    }

    /// Runs a statement and hands each row to `f`, holding one row at a time.
    pub fn query_each(
        &mut self,
        sql: &str,
        args: &[Arg],
        f: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.prepare(args)?;
        let result = self.link.query_each(sql, args, f);
        self.note(result)
    }

    /// Runs several statements without arguments, such as a migration.
    pub fn execute_script(&mut self, sql: &str) -> Result<()> {
        self.prepare(&[])?;
        let result = self.link.script(sql);
        self.note(result)
    }

    /// Runs `f` so that its failure undoes only what `f` did; the transaction goes on.
    pub fn savepoint<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // What waits belongs to the time before, and is not undone with what follows.
        self.write_waiting()?;
        let name = format!("s{}", self.depth);
        self.control(&format!("SAVEPOINT {name}"))?;
        let kept = self.notices.len();
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        match result {
            Ok(value) if self.is_sound() => {
                self.control(&format!("RELEASE SAVEPOINT {name}"))?;
                Ok(value)
            }
            Ok(_) => {
                self.undo(&name, kept);
                Err(StoreError::Poisoned.into())
            }
            Err(error) => {
                self.undo(&name, kept);
                Err(error)
            }
        }
    }

    /// Sends a notice to every replica once this transaction is committed, and not before.
    pub fn notify(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// The database's dialect, for the snippets of `dialect.rs`.
    pub fn dialect(&self) -> Dialect {
        self.link.dialect()
    }

    /// The time of the machine the database runs on; `None` where that is this one.
    pub fn server_time(&mut self) -> Result<Option<Timestamp>> {
        match self.dialect().server_time() {
            Some(sql) => self.query_one(sql, &[])?.time(0).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        self.state == State::Sound
    }

    pub(super) fn into_notices(self) -> Vec<Notice> {
        self.notices
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        self.prepare(&[])?;
        let result = self.link.control(sql);
        self.note(result)
    }

    fn undo(&mut self, name: &str, kept: usize) {
        self.notices.truncate(kept);
        self.waiting.clear();
        if self.state == State::Over || self.link.is_over() {
            self.state = State::Over;
            return;
        }
        let undone = self
            .link
            .control(&format!("ROLLBACK TO SAVEPOINT {name}"))
            .and_then(|()| self.link.control(&format!("RELEASE SAVEPOINT {name}")));
        self.state = match undone {
            Ok(()) => State::Sound,
            Err(_) => State::Over,
        };
    }

    fn prepare(&mut self, args: &[Arg]) -> Result<()> {
        if !self.is_sound() {
            return Err(StoreError::Poisoned);
        }
        let checked = args.iter().try_for_each(Arg::check);
        self.note(checked)
    }

    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.state = if self.link.is_over() {
                State::Over
            } else {
                State::Poisoned
            };
        }
        result
    }
}
