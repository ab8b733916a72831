//! Strings with interpolation.

use crate::builtins::formats::Format;
use crate::error::Stop;
use crate::eval::single::{Single, some};
use crate::eval::{CONTAINER, Env, Flow, Machine, Out};
use crate::expr::Piece;
use crate::value::Val;

impl<'p> Machine<'p> {
    #[inline(never)]
    pub(super) fn text(
        &mut self,
        format: &Format,
        parts: &'p [Piece],
        env: Env,
        input: &Val,
    ) -> Single {
        if let [Piece::Query(query)] = parts {
            let value = some!(self.operand(query, env, input));
            return self.format(format, value).map(Some);
        }
        // The last part is evaluated first, as in jq, which shows in which error is raised.
        let mut values = Vec::with_capacity(parts.len());
        for part in parts.iter().rev() {
            if let Piece::Query(query) = part {
                let value = some!(self.operand(query, env, input));
                values.push(value);
            }
        }
        let mut text = String::new();
        for part in parts {
            match part {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Query(_) => {
                    let value = values.pop().unwrap_or_default();
                    self.write_formatted(format, value, &mut text)?;
                }
            }
        }
        self.meter.memory(CONTAINER + text.len() as u64)?;
        Ok(Some(Val::from(text)))
    }

    fn write_formatted(
        &mut self,
        format: &Format,
        value: Val,
        text: &mut String,
    ) -> Result<(), Stop> {
        match (format, &value) {
            (Format::Text, Val::Str(s)) => {
                self.meter.memory(s.len() as u64)?;
                text.push_str(s);
            }
            _ => {
                if let Val::Str(s) = self.format(format, value)? {
                    self.meter.memory(s.len() as u64)?;
                    text.push_str(&s);
                }
            }
        }
        Ok(())
    }

    /// Every combination of outputs; the last part varies slowest. `tail`: what stands behind `parts`.
    pub(super) fn text_many(
        &mut self,
        format: &Format,
        parts: &'p [Piece],
        tail: String,
        env: Env,
        input: &Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        let Some((part, before)) = parts.split_last() else {
            let text = self.string(&tail)?;
            return out(self, text);
        };
        match part {
            Piece::Literal(literal) => {
                self.meter
                    .memory(literal.len() as u64 + tail.len() as u64)?;
                self.text_many(format, before, format!("{literal}{tail}"), env, input, out)
            }
            Piece::Query(query) => self.each(query, env, input.clone(), &mut |machine, value| {
                let mut text = String::new();
                machine.write_formatted(format, value, &mut text)?;
                machine.meter.memory(tail.len() as u64)?;
                text.push_str(&tail);
                machine.text_many(format, before, text, env, input, out)
            }),
        }
    }
}
