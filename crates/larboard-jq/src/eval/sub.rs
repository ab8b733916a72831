//! `sub` and `gsub`: the replacement is an expression, and each of its outputs makes a text of its own.

use crate::builtins::regex::Match;
use crate::error::Stop;
use crate::eval::{Env, Flow, Machine, Out};
use crate::expr::Expr;
use crate::value::Val;

impl<'p> Machine<'p> {
    /// `sub(regex; replacement; flags)`
    pub(super) fn sub(
        &mut self,
        args: &'p [Expr],
        env: Env,
        input: &Val,
        out: Out<'_, 'p>,
    ) -> Flow {
        self.each(&args[0], env, input.clone(), &mut |machine, regex| {
            machine.each(&args[2], env, input.clone(), &mut |machine, flags| {
                machine.substitute(input, &regex, &flags, &args[1], env, out)
            })
        })
    }

    fn substitute(
        &mut self,
        input: &Val,
        regex: &Val,
        flags: &Val,
        replacement: &'p Expr,
        env: Env,
        out: Out<'_, 'p>,
    ) -> Flow {
        let matches = self.matches(input, regex, flags)?;
        let whole = input.as_str().unwrap_or_default();
        // One text per output of the replacement.
        let mut texts: Vec<String> = Vec::new();
        let mut previous = 0;
        for found in &matches {
            let gap = &whole[previous.min(found.start)..found.start];
            self.insert(found, gap, replacement, env, &mut texts)?;
            previous = found.end;
        }
        if texts.is_empty() {
            return out(self, input.clone());
        }
        for mut text in texts {
            text.push_str(&whole[previous..]);
            let text = self.string(&text)?;
            out(self, text)?;
        }
        Ok(())
    }

    /// Appends what stood before a match and what it is replaced by to every text.
    fn insert(
        &mut self,
        found: &Match,
        gap: &str,
        replacement: &'p Expr,
        env: Env,
        texts: &mut Vec<String>,
    ) -> Flow {
        let captures = self.capture_object(found)?;
        let mut place = 0;
        self.each(replacement, env, captures, &mut |machine, value| {
            if texts.len() == place {
                texts.push(String::new());
            }
            let text = &mut texts[place];
            let insert = match &value {
                Val::Null => "",
                Val::Str(insert) => insert,
                other => return Err(Stop::about_two(&Val::from(gap), other, "cannot be added")),
            };
            machine.meter.memory((gap.len() + insert.len()) as u64)?;
            text.push_str(gap);
            text.push_str(insert);
            place += 1;
            Ok(())
        })
    }
}
