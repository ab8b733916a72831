//! How values travel to and from PostgreSQL: by the type the server declares, not by ours.

use crate::backend::row::Cell;
use crate::backend::value::Arg;
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type};
use std::error::Error;

type Failure = Box<dyn Error + Sync + Send>;

impl ToSql for Arg<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(i) => integer(*i, ty, out),
            Self::Bool(b) => match *ty {
                Type::BOOL => b.to_sql(ty, out),
                _ => integer((*b).into(), ty, out),
            },
            Self::Real(r) => match *ty {
                Type::FLOAT8 => r.to_sql(ty, out),
                Type::FLOAT4 => (*r as f32).to_sql(ty, out),
                _ => Err(unfit("a real number", ty)),
            },
            Self::Text(text) | Self::Json(text) => match *ty {
                Type::JSONB => {
                    out.extend_from_slice(&[1]);
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                }
                Type::JSON => {
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                }
                _ if is_text(ty) => text.as_ref().to_sql(ty, out),
                _ => Err(unfit("text", ty)),
            },
            Self::Bytes(bytes) => match *ty {
                Type::BYTEA => bytes.as_ref().to_sql(ty, out),
                _ => Err(unfit("bytes", ty)),
            },
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

fn integer(i: i64, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *ty {
        Type::INT8 => i.to_sql(ty, out),
        Type::INT4 => i32::try_from(i)?.to_sql(ty, out),
        Type::INT2 => i16::try_from(i)?.to_sql(ty, out),
        Type::FLOAT8 => (i as f64).to_sql(ty, out),
        // A boolean that was dumped from SQLite.
        Type::BOOL if i == 0 || i == 1 => (i == 1).to_sql(ty, out),
        _ => Err(unfit("an integer", ty)),
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN
    )
}

fn unfit(what: &str, ty: &Type) -> Failure {
    format!("{what} does not fit a value of type {ty}; CAST the bind").into()
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Self::Real(f32::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::VOID => Self::Null,
            Type::JSON => Self::Json(std::str::from_utf8(raw)?),
            Type::JSONB => Self::Json(std::str::from_utf8(raw.get(1..).unwrap_or(raw))?),
            _ if is_text(ty) => Self::Text(<&str>::from_sql(ty, raw)?),
            _ => return Err(format!("a result has a column of type {ty}; CAST it").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
