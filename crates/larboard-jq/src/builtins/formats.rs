//! `@base64`, `@csv` and the other formats.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Native, native};
use crate::error::Stop;
use crate::eval::{CONTAINER, Machine};
use crate::value::Val;

mod base32;
mod utf8;

pub(super) const TABLE: &[Native] = &[native("format", 1, |machine, input, args| match &args[0] {
    Val::Str(name) => machine.format(&Format::named(name), input),
    other => Err(Stop::about(other, "is not a valid format")),
})];

/// A format, by the name behind the `@`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Text,
    Json,
    Csv,
    Tsv,
    Html,
    Uri,
    UriDecode,
    Sh,
    Base64,
    Base64Decode,
    Base32,
    Base32Decode,
    /// There is none of that name. That is an error when it is used, as in jq.
    Unknown(String),
}

impl Format {
    pub(crate) fn named(name: &str) -> Format {
        match name {
            "text" => Format::Text,
            "json" => Format::Json,
            "csv" => Format::Csv,
            "tsv" => Format::Tsv,
            "html" => Format::Html,
            "uri" => Format::Uri,
            "urid" => Format::UriDecode,
            "sh" => Format::Sh,
            "base64" => Format::Base64,
            "base64d" => Format::Base64Decode,
            "base32" => Format::Base32,
            "base32d" => Format::Base32Decode,
            other => Format::Unknown(other.to_owned()),
        }
    }
}

/// What jq's decoder takes: padding or none, and bits left over.
const BASE64_LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Machine<'_> {
    pub(crate) fn format(&mut self, format: &Format, value: Val) -> Result<Val, Stop> {
        match format {
            Format::Text => self.text_of(&value).map(Val::Str),
            Format::Json => self.json_text(&value).map(Val::Str),
            Format::Csv => self.row(&value, "csv", ",", |text, out| {
                quoted(text, out, '"', "\"\"");
            }),
            Format::Tsv => self.row(&value, "tsv", "\t", |text, out| {
                escaped(text, out, tsv_escape)
            }),
            Format::Html => self.escape(&value, html_escape),
            Format::Sh => self.shell(&value),
            Format::Uri => self.uri(&value),
            Format::UriDecode => self.uri_decode(&value),
            Format::Base64 => {
                let text = self.input(&value)?;
                let encoded = base64::engine::general_purpose::STANDARD.encode(&*text);
                self.string(&encoded)
            }
            Format::Base64Decode => self.base64_decode(&value),
            Format::Base32 => {
                let text = self.input(&value)?;
                self.string(&base32::encode(text.as_bytes()))
            }
            Format::Base32Decode => {
                let text = self.input(&value)?;
                match base32::decode(&text) {
                    Some(bytes) => self.string(&utf8::lossy(&bytes)),
                    None => Err(Stop::about(&Val::Str(text), "is not valid base32 data")),
                }
            }
            Format::Unknown(name) => Err(Stop::message(format!("{name} is not a valid format"))),
        }
    }

    /// The value as text, with the work and the memory of encoding it charged.
    fn input(&mut self, value: &Val) -> Result<crate::value::Str, Stop> {
        let text = self.text_of(value)?;
        self.meter.work(text.len() as u64 / 16)?;
        self.meter.memory(CONTAINER + 2 * text.len() as u64)?;
        Ok(text)
    }

    fn escape(
        &mut self,
        value: &Val,
        escape: fn(char) -> Option<&'static str>,
    ) -> Result<Val, Stop> {
        let text = self.input(value)?;
        let mut out = String::new();
        escaped(&text, &mut out, escape);
        self.string(&out)
    }

    /// A row of `@csv` or `@tsv`.
    fn row(
        &mut self,
        value: &Val,
        name: &str,
        separator: &str,
        write: fn(&str, &mut String),
    ) -> Result<Val, Stop> {
        let Val::Arr(items) = value else {
            return Err(Stop::about(
                value,
                &format!("cannot be {name}-formatted, only array"),
            ));
        };
        let mut row = String::new();
        for (place, item) in items.items().iter().enumerate() {
            if place > 0 {
                row.push_str(separator);
            }
            let before = row.len();
            match item {
                Val::Null => {}
                Val::Num(n) if n.is_nan() => {}
                Val::Bool(_) | Val::Num(_) | Val::Dec(_) => row.push_str(&self.json_text(item)?),
                Val::Str(text) => write(text, &mut row),
                other => return Err(Stop::about(other, "is not valid in a csv row")),
            }
            self.meter.work(1 + (row.len() - before) as u64 / 16)?;
            self.meter.memory((row.len() - before) as u64)?;
        }
        self.string(&row)
    }

    fn shell(&mut self, value: &Val) -> Result<Val, Stop> {
        let single = [value.clone()];
        let items = value.as_array().map_or(&single[..], |array| array.items());
        let mut line = String::new();
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                line.push(' ');
            }
            let before = line.len();
            match item {
                Val::Str(text) => quoted(text, &mut line, '\'', "'\\''"),
                Val::Arr(_) | Val::Obj(_) => {
                    return Err(Stop::about(item, "can not be escaped for shell"));
                }
                other => line.push_str(&self.json_text(other)?),
            }
            self.meter.work(1 + (line.len() - before) as u64 / 16)?;
            self.meter.memory((line.len() - before) as u64)?;
        }
        self.string(&line)
    }

    fn uri(&mut self, value: &Val) -> Result<Val, Stop> {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        let text = self.input(value)?;
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
        self.string(&out)
    }

    fn uri_decode(&mut self, value: &Val) -> Result<Val, Stop> {
        let text = self.input(value)?;
        match percent_decode(&text) {
            Some(decoded) => self.string(&decoded),
            None => Err(Stop::about(&Val::Str(text), "is not a valid uri encoding")),
        }
    }

    fn base64_decode(&mut self, value: &Val) -> Result<Val, Stop> {
        let text = self.input(value)?;
        // Decoding ends at the first padding.
        let data = text.split('=').next().unwrap_or("");
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
        if !data.bytes().all(known) {
            return Err(Stop::about(&Val::Str(text), "is not valid base64 data"));
        }
        match BASE64_LENIENT.decode(data) {
            Ok(bytes) => self.string(&utf8::lossy(&bytes)),
            Err(_) => Err(Stop::about(&Val::Str(text), "trailing base64 byte found")),
        }
    }
}

/// The character 0 is escaped in every format, as in jq.
const NUL: &str = "\\0";

fn quoted(text: &str, out: &mut String, quote: char, doubled: &str) {
    out.push(quote);
    for (place, part) in text.split(quote).enumerate() {
        if place > 0 {
            out.push_str(doubled);
        }
        out.push_str(&part.replace('\0', NUL));
    }
    out.push(quote);
}

fn escaped(text: &str, out: &mut String, escape: fn(char) -> Option<&'static str>) {
    for c in text.chars() {
        match escape(c) {
            Some(escape) => out.push_str(escape),
            None if c == '\0' => out.push_str(NUL),
            None => out.push(c),
        }
    }
}

fn tsv_escape(c: char) -> Option<&'static str> {
    Some(match c {
        '\t' => "\\t",
        '\r' => "\\r",
        '\n' => "\\n",
        '\\' => "\\\\",
        _ => return None,
    })
}

fn html_escape(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\'' => "&apos;",
        '"' => "&quot;",
        _ => return None,
    })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}
