//! Numbers: how they are written, and decimals that keep their spelling.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use super::Val;

/// A number as it was written: a coefficient and a power of ten, without a limit on either.
#[derive(Debug, PartialEq)]
pub struct Decimal {
    negative: bool,
    /// The coefficient, without leading zeros (`"0"` for zero).
    digits: String,
    exponent: i64,
    value: f64,
}

/// The digits that a double can tell apart; jq rounds a literal to as many before it converts it.
const DOUBLE_DIGITS: usize = 17;

/// Decimals of so many digits can be told apart as doubles.
const EXACT_DIGITS: usize = 15;

/// Exponents beyond this are taken for infinity or zero, as in jq.
const EXPONENT_MAX: i64 = 999_999_999;

impl Decimal {
    /// The nearest double.
    pub fn value(&self) -> f64 {
        self.value
    }

    pub(crate) fn digits(&self) -> usize {
        self.digits.len()
    }

    /// Whether it is an integer written without point and exponent, so that its text is the text of an integer.
    pub(crate) fn is_plain_integer(&self) -> bool {
        self.exponent == 0
    }

    pub(crate) fn negated(&self) -> Decimal {
        let zero = self.digits == "0";
        self.with_sign(!self.negative && !zero)
    }

    pub(crate) fn magnitude(&self) -> Decimal {
        self.with_sign(false)
    }

    fn with_sign(&self, negative: bool) -> Decimal {
        let magnitude = self.value.abs();
        Decimal {
            negative,
            digits: self.digits.clone(),
            exponent: self.exponent,
            value: if negative { -magnitude } else { magnitude },
        }
    }

    /// Writes it as it was written, in the canonical form of decimal arithmetic: `1.10`, `1E+17`.
    pub(crate) fn write(&self, out: &mut String) {
        if self.value.is_infinite() && self.exponent.abs() > EXPONENT_MAX {
            return write_f64(self.value, out);
        }
        if self.negative {
            out.push('-');
        }
        let digits = self.digits.as_str();
        let leading = self.exponent + digits.len() as i64;
        if self.exponent > 0 || leading - 1 < -6 {
            let (first, rest) = digits.split_at(1);
            out.push_str(first);
            if !rest.is_empty() {
                out.push('.');
                out.push_str(rest);
            }
            let _ = write!(out, "E{:+}", leading - 1);
        } else if leading <= 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', leading.unsigned_abs() as usize));
            out.push_str(digits);
        } else if leading as usize == digits.len() {
            out.push_str(digits);
        } else {
            let (whole, fraction) = digits.split_at(leading as usize);
            let _ = write!(out, "{whole}.{fraction}");
        }
    }

    /// Compares by value, exactly.
    pub(crate) fn compare(&self, other: &Decimal) -> Ordering {
        let (a, b) = (self.sign(), other.sign());
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        let place = |d: &Decimal| d.exponent + d.digits.len() as i64;
        let magnitude = place(self).cmp(&place(other)).then_with(|| {
            let trim = |d: &str| d.trim_end_matches('0').len();
            self.digits[..trim(&self.digits)].cmp(&other.digits[..trim(&other.digits)])
        });
        if a < 0 {
            magnitude.reverse()
        } else {
            magnitude
        }
    }

    fn sign(&self) -> i8 {
        match (self.digits.as_str(), self.negative) {
            ("0", _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }
}

impl Val {
    /// Reads a number in the grammar of decimal arithmetic: `12`, `.5`, `1.`, `-1e7`, `nan`, `Infinity`.
    pub(crate) fn parse_number(text: &str) -> Option<Val> {
        let (negative, body) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return special(body, negative);
        }
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => (&body[..at], parse_exponent(&body[at + 1..])?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        if exponent == 0 && fraction.is_empty() && mantissa.len() <= 15 {
            // The usual case: a small integer, which a double holds exactly.
            let n = whole.parse::<f64>().ok()?;
            return Some(Val::Num(if negative { -n } else { n }));
        }
        Some(decimal(negative, whole, fraction, exponent))
    }

    /// The number with its sign changed; a number keeps its spelling.
    pub(crate) fn negated_number(&self) -> Option<Val> {
        match self {
            Val::Num(n) => Some(Val::Num(if *n == 0.0 { 0.0 } else { -n })),
            Val::Dec(d) => Some(Val::Dec(Arc::new(d.negated()))),
            _ => None,
        }
    }
}

fn decimal(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Val {
    let all = format!("{whole}{fraction}");
    let digits = match all.trim_start_matches('0') {
        "" => "0".to_owned(),
        trimmed => trimmed.to_owned(),
    };
    let exponent = exponent.saturating_sub(fraction.len() as i64);
    let magnitude = to_f64(&digits, exponent);
    let value = if negative { -magnitude } else { magnitude };
    let decimal = Decimal {
        negative,
        digits,
        exponent,
        value,
    };
    // Two numbers of so few digits are the same double only if they are the same number.
    let exact = decimal.digits.len() <= EXACT_DIGITS;
    let (mut written, mut canonical) = (String::new(), String::new());
    decimal.write(&mut written);
    write_f64(value, &mut canonical);
    if exact && written == canonical {
        Val::Num(value)
    } else {
        Val::Dec(Arc::new(decimal))
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

fn special(body: &str, negative: bool) -> Option<Val> {
    let sign = if negative { -1.0 } else { 1.0 };
    match body.to_ascii_lowercase().as_str() {
        "nan" => Some(Val::Num(f64::NAN)),
        "inf" | "infinity" => Some(Val::Num(sign * f64::INFINITY)),
        _ => None,
    }
}

/// The nearest double of the digits rounded to seventeen, half to even.
fn to_f64(digits: &str, exponent: i64) -> f64 {
    let (kept, exponent) = if digits.len() > DOUBLE_DIGITS {
        let dropped = digits.len() - DOUBLE_DIGITS;
        (round(digits), exponent.saturating_add(dropped as i64))
    } else {
        (digits.to_owned(), exponent)
    };
    format!("{kept}e{exponent}")
        .parse()
        .unwrap_or(f64::INFINITY)
}

fn round(digits: &str) -> String {
    let (kept, rest) = digits.split_at(DOUBLE_DIGITS);
    let kept: u64 = kept.parse().unwrap_or(0);
    let half = format!("5{}", "0".repeat(rest.len() - 1));
    let up = match rest.cmp(half.as_str()) {
        Ordering::Greater => true,
        Ordering::Equal => kept % 2 == 1,
        Ordering::Less => false,
    };
    (kept + u64::from(up)).to_string()
}

/// Writes a double with the fewest digits that give it back, in jq's notation: `1e-05`, `100000`, `1e+17`.
pub(crate) fn write_f64(n: f64, out: &mut String) {
    if n.is_nan() {
        return out.push_str("null");
    }
    let n = n.clamp(-f64::MAX, f64::MAX);
    if n.trunc() == n && n.abs() < 1e15 {
        if n == 0.0 && n.is_sign_negative() {
            out.push('-');
        }
        let _ = write!(out, "{}", n as i64);
        return;
    }
    let shortest = format!("{:e}", n.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    if n < 0.0 {
        out.push('-');
    }
    write_digits(&digits, point, out);
}

/// `point` is where the decimal point stands, counted from the first digit.
fn write_digits(digits: &str, point: i32, out: &mut String) {
    let count = digits.len() as i32;
    if point <= -4 || point > count + 15 {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let sign = if point > 0 { '+' } else { '-' };
        let _ = write!(out, "e{sign}{:02}", (point - 1).abs());
    } else if point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', -point as usize));
        out.push_str(digits);
    } else if point >= count {
        out.push_str(digits);
        out.extend(std::iter::repeat_n('0', (point - count) as usize));
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        let _ = write!(out, "{whole}.{fraction}");
    }
}
