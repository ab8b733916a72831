//! Mathematics, as C's library has it.

use super::{Native, native};
use crate::error::Stop;
use crate::eval::Machine;
use crate::value::Val;

fn one(input: &Val, f: fn(f64) -> f64) -> Result<Val, Stop> {
    match input.as_f64() {
        Some(n) => Ok(Val::Num(f(n))),
        None => Err(Stop::about(input, "number required")),
    }
}

fn two(args: &[Val], f: fn(f64, f64) -> f64) -> Result<Val, Stop> {
    let number = |arg: &Val| {
        arg.as_f64()
            .ok_or_else(|| Stop::about(arg, "number required"))
    };
    Ok(Val::Num(f(number(&args[0])?, number(&args[1])?)))
}

impl Machine<'_> {
    /// A Bessel function of an order, which takes about as many steps as the order is large.
    fn bessel(&mut self, args: &[Val], f: fn(i32, f64) -> f64) -> Result<Val, Stop> {
        let order = args[0].as_f64().unwrap_or_default() as i32;
        self.meter.work(u64::from(order.unsigned_abs()))?;
        two(args, |_, _| 0.0)?;
        Ok(Val::Num(f(order, args[1].as_f64().unwrap_or(f64::NAN))))
    }
}

macro_rules! unary {
    ($name:literal, $f:expr) => {
        native($name, 0, |_, input, _| one(&input, $f))
    };
}

macro_rules! binary {
    ($name:literal, $f:expr) => {
        native($name, 2, |_, _, args| two(args, $f))
    };
}

macro_rules! test {
    ($name:literal, $f:expr) => {
        native($name, 0, |_, input, _| {
            Ok(Val::Bool(input.as_f64().is_some_and($f)))
        })
    };
}

pub(super) const TABLE: &[Native] = &[
    unary!("floor", f64::floor),
    unary!("ceil", f64::ceil),
    unary!("round", f64::round),
    unary!("trunc", f64::trunc),
    unary!("rint", f64::round_ties_even),
    unary!("nearbyint", f64::round_ties_even),
    unary!("fabs", f64::abs),
    unary!("sqrt", f64::sqrt),
    unary!("cbrt", f64::cbrt),
    unary!("exp", f64::exp),
    unary!("exp2", f64::exp2),
    unary!("exp10", libm::exp10),
    unary!("expm1", f64::exp_m1),
    unary!("log", f64::ln),
    unary!("log2", f64::log2),
    unary!("log10", f64::log10),
    unary!("log1p", f64::ln_1p),
    unary!("logb", logb),
    unary!("significand", significand),
    unary!("gamma", libm::lgamma),
    unary!("lgamma", libm::lgamma),
    unary!("tgamma", libm::tgamma),
    unary!("erf", libm::erf),
    unary!("erfc", libm::erfc),
    unary!("sin", f64::sin),
    unary!("cos", f64::cos),
    unary!("tan", f64::tan),
    unary!("asin", f64::asin),
    unary!("acos", f64::acos),
    unary!("atan", f64::atan),
    unary!("sinh", f64::sinh),
    unary!("cosh", f64::cosh),
    unary!("tanh", f64::tanh),
    unary!("asinh", libm::asinh),
    unary!("acosh", libm::acosh),
    unary!("atanh", libm::atanh),
    unary!("j0", libm::j0),
    unary!("j1", libm::j1),
    unary!("y0", libm::y0),
    unary!("y1", libm::y1),
    binary!("pow", f64::powf),
    binary!("atan2", f64::atan2),
    binary!("hypot", f64::hypot),
    binary!("fmin", f64::min),
    binary!("fmax", f64::max),
    binary!("fmod", libm::fmod),
    binary!("fdim", libm::fdim),
    binary!("copysign", f64::copysign),
    binary!("drem", libm::remainder),
    binary!("remainder", libm::remainder),
    binary!("nextafter", libm::nextafter),
    binary!("nexttoward", libm::nextafter),
    native("jn", 2, |machine, _, args| machine.bessel(args, libm::jn)),
    native("yn", 2, |machine, _, args| machine.bessel(args, libm::yn)),
    binary!("ldexp", scale),
    binary!("scalb", scalb),
    binary!("scalbln", scale),
    native("fma", 3, |_, _, args| {
        let product = two(&args[..2], |_, _| 0.0).and_then(|_| two(&args[1..], |_, _| 0.0));
        product?;
        let [a, b, c] = [0, 1, 2].map(|place: usize| args[place].as_f64().unwrap_or(f64::NAN));
        Ok(Val::Num(a.mul_add(b, c)))
    }),
    native("frexp", 0, |machine, input, _| {
        let (fraction, exponent) = libm::frexp(number(&input)?);
        machine.array(vec![Val::Num(fraction), Val::Num(f64::from(exponent))])
    }),
    native("lgamma_r", 0, |machine, input, _| {
        let (value, sign) = libm::lgamma_r(number(&input)?);
        machine.array(vec![Val::Num(value), Val::Num(f64::from(sign))])
    }),
    native("modf", 0, |machine, input, _| {
        let n = number(&input)?;
        let whole = n.trunc();
        let fraction = if n.is_infinite() { 0.0 } else { n - whole };
        machine.array(vec![Val::Num(fraction.copysign(n)), Val::Num(whole)])
    }),
    native("abs", 0, |_, input, _| match &input {
        Val::Num(n) => Ok(Val::Num(n.abs())),
        Val::Dec(d) => Ok(Val::Dec(d.magnitude().into())),
        // What is not less than 0 stays, as jq defines it.
        Val::Null | Val::Bool(_) => Err(Stop::about(&input, "cannot be negated")),
        _ => Ok(input),
    }),
    test!("isinfinite", f64::is_infinite),
    test!("isnan", f64::is_nan),
    test!("isnormal", f64::is_normal),
    test!("isfinite", |n| !n.is_infinite()),
];

fn number(input: &Val) -> Result<f64, Stop> {
    input
        .as_f64()
        .ok_or_else(|| Stop::about(input, "number required"))
}

/// The exponent of 2, as a number.
fn logb(n: f64) -> f64 {
    if n == 0.0 {
        return f64::NEG_INFINITY;
    }
    if n.is_infinite() {
        return f64::INFINITY;
    }
    if n.is_nan() {
        return n;
    }
    f64::from(libm::ilogb(n))
}

/// The number between 1 and 2 that is left without the power of 2.
fn significand(n: f64) -> f64 {
    if n == 0.0 || !n.is_finite() {
        return n;
    }
    libm::scalbn(n, -libm::ilogb(n))
}

/// `n * 2^exponent`, for a whole exponent.
fn scale(n: f64, exponent: f64) -> f64 {
    libm::scalbn(n, exponent as i32)
}

/// The same, for which a fractional exponent is an error.
fn scalb(n: f64, exponent: f64) -> f64 {
    if exponent.fract() != 0.0 || exponent.is_nan() {
        return f64::NAN;
    }
    scale(n, exponent)
}
