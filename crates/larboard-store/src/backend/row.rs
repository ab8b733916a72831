//! One row of a result, read by column position.

use super::error::{Result, StoreError};
use super::value::Arg;
use larboard_core::time::Timestamp;

/// One row. Columns count from 0, in the order of the SELECT list.
///
/// Every getter fails with [`StoreError::Data`] if the column is missing, holds another type, or
/// (without `opt_`) is NULL.
#[derive(Clone, Debug)]
pub struct Row<'r> {
    cells: Cells<'r>,
}

/// A row is read where the driver has it, so that a value is copied once; or it was kept.
#[derive(Clone, Debug)]
enum Cells<'r> {
    Lent(&'r [Cell<'r>]),
    Kept(Vec<Arg<'static>>),
}

/// Columns of a row that are lent without an allocation.
const WIDTH: usize = 48;

/// A row in the hands of a driver.
pub(super) trait Source {
    fn width(&self) -> usize;
    fn cell(&self, index: usize) -> Result<Cell<'_>>;
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'r> {
    Null,
    Int(i64),
    Real(f64),
    Bool(bool),
    Text(&'r str),
    Bytes(&'r [u8]),
    Json(&'r str),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty { $($pattern:pat => $value:expr),* })*) => {
        $($(#[$doc])*
        pub fn $name(&self, index: usize) -> Result<$type> {
            self.$opt(index)?.ok_or_else(|| unexpected(index, stringify!($name), "NULL"))
        }

        $(#[$doc])*
        /// `None` if it is NULL.
        pub fn $opt(&self, index: usize) -> Result<Option<$type>> {
            match self.cell(index)? {
                Cell::Null => Ok(None),
                $($pattern => Ok(Some($value)),)*
                other => Err(unexpected(index, stringify!($name), kind(other))),
            }
        })*
    };
}

impl<'r> Row<'r> {
    /// Hands a driver's row to `f`.
    pub(super) fn lend(
        source: &'r dyn Source,
        f: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let width = source.width();
        let (mut few, mut many) = ([Cell::Null; WIDTH], Vec::new());
        let cells = if width <= WIDTH {
            &mut few[..width]
        } else {
            many.resize(width, Cell::Null);
            &mut many
        };
        for (index, cell) in cells.iter_mut().enumerate() {
            *cell = source.cell(index)?;
        }
        f(&Row {
            cells: Cells::Lent(cells),
        })
    }

    /// A copy that outlives the statement.
    pub(super) fn kept(&self) -> Row<'static> {
        Row {
            cells: Cells::Kept(self.values()),
        }
    }

    getters! {
        /// A `BIGINT`.
        int, opt_int -> i64 { Cell::Int(i) => i }
        /// A `DOUBLE PRECISION`; an integer is taken as one.
        real, opt_real -> f64 { Cell::Real(r) => r, Cell::Int(i) => i as f64 }
        /// A `{bool}`, which SQLite keeps as 0 or 1.
        bool, opt_bool -> bool { Cell::Bool(b) => b, Cell::Int(i @ (0 | 1)) => i == 1 }
        /// A `TEXT`.
        text, opt_text -> String { Cell::Text(t) | Cell::Json(t) => t.to_owned() }
        /// A `{bytes}`.
        bytes, opt_bytes -> Vec<u8> { Cell::Bytes(b) => b.to_vec() }
        /// The text of a `{json}`.
        json, opt_json -> String { Cell::Text(t) | Cell::Json(t) => t.to_owned() }
        /// An instant.
        time, opt_time -> Timestamp { Cell::Int(i) => Timestamp::from_millis(i) }
    }

    /// All values, in the order of the SELECT list.
    pub fn values(&self) -> Vec<Arg<'static>> {
        match &self.cells {
            Cells::Kept(values) => values.clone(),
            Cells::Lent(cells) => cells.iter().copied().map(Arg::from).collect(),
        }
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        let cell = match &self.cells {
            Cells::Kept(values) => values.get(index).map(Cell::from),
            Cells::Lent(cells) => cells.get(index).copied(),
        };
        cell.ok_or_else(|| StoreError::data(format!("a result has no column {index}")))
    }
}

impl<'v> From<&'v Arg<'_>> for Cell<'v> {
    fn from(value: &'v Arg<'_>) -> Self {
        match value {
            Arg::Null => Self::Null,
            Arg::Int(i) => Self::Int(*i),
            Arg::Real(r) => Self::Real(*r),
            Arg::Bool(b) => Self::Bool(*b),
            Arg::Text(text) => Self::Text(text),
            Arg::Bytes(bytes) => Self::Bytes(bytes),
            Arg::Json(text) => Self::Json(text),
        }
    }
}

impl From<Cell<'_>> for Arg<'static> {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(i) => Self::Int(i),
            Cell::Real(r) => Self::Real(r),
            Cell::Bool(b) => Self::Bool(b),
            Cell::Text(text) => Self::from(text.to_owned()),
            Cell::Bytes(bytes) => Self::from(bytes.to_vec()),
            Cell::Json(text) => Self::json(text.to_owned()),
        }
    }
}

fn unexpected(index: usize, wanted: &str, found: &str) -> StoreError {
    StoreError::data(format!(
        "column {index} of a result is {found} where {wanted} is expected"
    ))
}

fn kind(value: Cell<'_>) -> &'static str {
    match value {
        Cell::Null => "NULL",
        Cell::Int(_) => "an integer",
        Cell::Real(_) => "a real number",
        Cell::Bool(_) => "a boolean",
        Cell::Text(_) => "text",
        Cell::Bytes(_) => "bytes",
        Cell::Json(_) => "JSON",
    }
}
