//! `larboard jq`: an expression or a template on the command line, as the server would evaluate it.

use super::{say, say_error};
use crate::config::Settings;
use crate::ops::jq::{Answer, Fault, Question, Subject, evaluate, line_and_column};
use crate::start::StartError;
use crate::system::SystemClock;
use clap::Args;
use larboard_core::template::{TemplateLimits, js_json};
use larboard_core::time::Clock;
use larboard_jq::Dialect;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Exit codes as jq has them.
const BAD_INPUT: u8 = 2;
const NO_PROGRAM: u8 = 3;
const FAILED: u8 = 5;

#[derive(Args)]
pub(super) struct Arguments {
    /// The jq expression, or with --template the template: a JSON document or a text with {{ }} in it.
    #[arg(required_unless_present = "from_file")]
    expression: Option<String>,
    /// JSON to evaluate it on; one evaluation for each value in it. Standard input unless given.
    file: Option<PathBuf>,
    /// The same as FILE, for use beside --from-file.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    context: Option<PathBuf>,
    /// Read the expression or template from this file.
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with_all = ["expression", "file"])]
    from_file: Option<PathBuf>,
    /// Render a template, as an invocation would be.
    #[arg(short = 't', long)]
    template: bool,
    /// Take strings in single quotes, as templates do; =false for the language of jq alone.
    #[arg(long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    port_dialect: bool,
    /// Read no input: `.` is null.
    #[arg(short = 'n', long)]
    null_input: bool,
    /// Print texts without quotes.
    #[arg(short = 'r', long)]
    raw_output: bool,
    /// Print each result on one line.
    #[arg(short = 'c', long)]
    compact_output: bool,
}

pub(super) fn run(settings: Settings, arguments: &Arguments) -> Result<ExitCode, StartError> {
    let config = settings.resolve().map_err(|e| StartError(e.to_string()))?;
    let (source, inputs) = match (arguments.source(), arguments.inputs()) {
        (Ok(source), Ok(inputs)) => (source, inputs),
        (Err(sentence), _) | (_, Err(sentence)) => {
            say_error(&sentence);
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    let subject = if arguments.template {
        // What is no JSON document is the text of a template.
        Subject::Template(serde_json::from_str(&source).unwrap_or(Value::String(source)))
    } else {
        Subject::Expression(source)
    };
    let mut code = 0;
    for input in inputs {
        match input {
            Ok(context) => {
                code = code.max(arguments.answer(&subject, context, &config.template_limits));
                if code == NO_PROGRAM {
                    break;
                }
            }
            Err(sentence) => {
                say_error(&sentence);
                return Ok(ExitCode::from(BAD_INPUT));
            }
        }
    }
    Ok(ExitCode::from(code))
}

impl Arguments {
    fn source(&self) -> Result<String, String> {
        match &self.from_file {
            Some(path) => read(path),
            None => Ok(self.expression.clone().unwrap_or_default()),
        }
    }

    /// The JSON values of the input, or the sentence that says where it stops being JSON.
    fn inputs(&self) -> Result<Vec<Result<Value, String>>, String> {
        if self.null_input {
            return Ok(vec![Ok(Value::Null)]);
        }
        let (name, text) = match self.file.as_ref().or(self.context.as_ref()) {
            Some(path) => (path.display().to_string(), read(path)?),
            None => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|e| format!("cannot read standard input: {e}"))?;
                ("standard input".to_owned(), text)
            }
        };
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        Ok(values
            .map(|value| value.map_err(|e| format!("{name} is not valid JSON: {e}")))
            .collect())
    }

    /// Prints the answer or the fault; the exit code.
    fn answer(&self, subject: &Subject, context: Value, limits: &TemplateLimits) -> u8 {
        let question = Question {
            subject: subject.clone(),
            context,
            dialect: if self.port_dialect {
                Dialect::Portal
            } else {
                Dialect::Jq
            },
        };
        let started = Instant::now();
        let answer = evaluate(&question, limits, SystemClock.now(), &|| started.elapsed());
        match answer {
            Ok(Answer::Outputs(outputs)) => outputs.iter().for_each(|output| self.print(output)),
            Ok(Answer::Result(result)) => self.print(&result),
            Err(fault) => {
                fault.outputs.iter().for_each(|output| self.print(output));
                say_error(&complaint(&fault, subject));
                return match fault.kind() {
                    "compile" => NO_PROGRAM,
                    _ => FAILED,
                };
            }
        }
        0
    }

    fn print(&self, value: &Value) {
        match value {
            Value::String(text) if self.raw_output => say(text),
            value if self.compact_output => say(&js_json(value)),
            value => {
                let mut text = String::new();
                pretty(value, 0, &mut text);
                say(&text);
            }
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// The sentence, and the line it is about with a mark below the place.
fn complaint(fault: &Fault, subject: &Subject) -> String {
    let mut text = match &fault.place {
        Some(place) => format!("{place}: {}", fault.message),
        None => fault.message.clone(),
    };
    if let (
        Some(position),
        Subject::Expression(source) | Subject::Template(Value::String(source)),
    ) = (fault.position, subject)
    {
        let (line, column) = line_and_column(source, position);
        let shown = source.lines().nth(line - 1).unwrap_or_default();
        let before: String = shown.chars().take(column - 1).collect();
        // A tab stays one, so that the mark stands below its letter on every terminal.
        let indent: String = before
            .chars()
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        text.push_str(&format!(
            " (line {line}, column {column})\n  {shown}\n  {indent}^"
        ));
    }
    text
}

/// JSON as jq indents it.
fn pretty(value: &Value, depth: usize, text: &mut String) {
    let line = |depth: usize, text: &mut String| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(depth + 1, text);
                pretty(item, depth + 1, text);
            }
            line(depth, text);
            text.push(']');
        }
        Value::Object(entries) if !entries.is_empty() => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(depth + 1, text);
                text.push_str(&js_json(&Value::from(key.as_str())));
                text.push_str(": ");
                pretty(value, depth + 1, text);
            }
            line(depth, text);
            text.push('}');
        }
        scalar => text.push_str(&js_json(scalar)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_complaint_marks_its_place() {
        let subject = Subject::Expression("[\n\t.a | nosuch\n]".into());
        let fault = Fault {
            message: "nosuch/0 is not defined".into(),
            position: Some(8),
            place: None,
            limit: false,
            outputs: Vec::new(),
        };
        assert_eq!(
            complaint(&fault, &subject),
            "nosuch/0 is not defined (line 2, column 7)\n  \t.a | nosuch\n  \t     ^"
        );
        let document = Subject::Template(json!({"a": "{{ nosuch }}"}));
        let fault = Fault {
            place: Some("template.a".into()),
            ..fault
        };
        assert_eq!(
            complaint(&fault, &document),
            "template.a: nosuch/0 is not defined"
        );
    }

    #[test]
    fn results_are_indented_as_jq_does() {
        let mut text = String::new();
        pretty(&json!({"a": [1.0, {}], "b": {"c": []}}), 0, &mut text);
        assert_eq!(
            text,
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}"
        );
    }
}
