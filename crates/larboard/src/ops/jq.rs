//! Evaluating an expression or a template on a context that is given with it: for trying out, in the portal, on the command
//! line and in CI. It reads nothing of the organization, its secrets least of all.

use super::Outcome;
use crate::lanes::Stopwatch;
use crate::state::App;
use larboard_core::fields::Fields;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::template::{Meter, Scope, Template, TemplateLimits};
use larboard_core::time::Timestamp;
use larboard_jq::{Dialect, Options, Program, Run, RunError, Val};
use serde_json::{Value, json};
use std::time::Duration;

/// What is evaluated.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A jq expression: all its outputs are of interest.
    Expression(String),
    /// A document whose strings and keys may be templates.
    Template(Value),
}

/// What is evaluated, and on what.
#[derive(Clone, Debug)]
pub struct Question {
    /// The expression or template.
    pub subject: Subject,
    /// What `.` is.
    pub context: Value,
    /// The spelling of an expression; templates are always in that of portals.
    pub dialect: Dialect,
}

impl Question {
    /// Reads `{expression | template, context?}`.
    ///
    /// # Errors
    /// `invalid_request` for unknown keys, and unless there is one of the two.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["expression", "template", "context"])?;
        let subject = match (fields.find_string("expression")?, fields.find("template")) {
            (Some(text), None) => Subject::Expression(text.to_owned()),
            (None, Some(document)) => Subject::Template(document.clone()),
            _ => {
                return Err(Refusal::invalid_request(
                    "Give either \"expression\", a jq expression, or \"template\", a document with {{ }} in its strings.",
                ));
            }
        };
        Ok(Self {
            subject,
            context: fields.find("context").cloned().unwrap_or_default(),
            dialect: Dialect::Portal,
        })
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The outputs of an expression.
    Outputs(Vec<Value>),
    /// The rendered document.
    Result(Value),
}

/// Why nothing came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A sentence without its full stop.
    pub message: String,
    /// Where in the expression or string, in characters from 0.
    pub position: Option<usize>,
    /// Which string of a template, such as `template.body.name`.
    pub place: Option<String>,
    /// A limit was met.
    pub limit: bool,
    /// What was put out before.
    pub outputs: Vec<Value>,
}

/// Evaluates a question.
///
/// # Errors
/// What is wrong with the expression, or why it fails on this context.
pub fn evaluate(
    question: &Question,
    limits: &TemplateLimits,
    now: Timestamp,
    stopwatch: Stopwatch<'_>,
) -> Result<Answer, Fault> {
    match &question.subject {
        Subject::Template(document) => {
            let mut meter = Meter::new(limits, now, Some(stopwatch));
            let template = Template::parse("template", document);
            let rendered = template
                .and_then(|template| template.render(&Scope::new(&question.context), &mut meter));
            match rendered {
                Ok(rendered) => Ok(Answer::Result(rendered.sent)),
                Err(error) => Err(Fault {
                    message: error.message,
                    position: error.index,
                    place: Some(error.place),
                    limit: error.limit,
                    outputs: Vec::new(),
                }),
            }
        }
        Subject::Expression(text) => {
            outputs(text, question, limits, now, stopwatch).map(Answer::Outputs)
        }
    }
}

fn outputs(
    text: &str,
    question: &Question,
    limits: &TemplateLimits,
    now: Timestamp,
    stopwatch: Stopwatch<'_>,
) -> Result<Vec<Value>, Fault> {
    let options = Options {
        dialect: question.dialect,
        vars: Vec::new(),
    };
    let program = Program::compile(text, &options).map_err(|error| Fault {
        message: error.message,
        position: Some(error.position),
        place: None,
        limit: false,
        outputs: Vec::new(),
    })?;
    let mut limits_of_one = limits.expression.clone();
    limits_of_one.fuel = limits_of_one.fuel.min(limits.fuel);
    limits_of_one.memory = limits_of_one.memory.min(limits.memory);
    let now = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
    let run = Run {
        stopwatch: Some(stopwatch),
        ..Run::new(&limits_of_one, now)
    };
    let mut outputs = Vec::new();
    let (_, outcome) = program.run(Val::from(&question.context), &run, &mut |value| {
        outputs.push(Value::from(&value));
        true
    });
    match outcome {
        Ok(()) => Ok(outputs),
        Err(error) => Err(Fault {
            message: error.to_string(),
            position: None,
            place: None,
            limit: matches!(error, RunError::Limit(_)),
            outputs,
        }),
    }
}

/// Evaluates a question within the server's limits, beside the threads that serve requests.
///
/// # Errors
/// `jq_error` with the place and position of the fault.
pub async fn answer(app: &App, question: Question) -> Outcome<Answer> {
    let (now, shown) = (app.now(), question.subject.clone());
    let work = move |limits: &TemplateLimits, stopwatch: Stopwatch<'_>| {
        evaluate(&question, limits, now, stopwatch)
    };
    let answer = app.lanes.run(work, |fault: &Fault| fault.limit).await?;
    Ok(answer.map_err(|fault| refusal(&fault, &shown))?)
}

fn refusal(fault: &Fault, subject: &Subject) -> Refusal {
    let what = match (&fault.place, subject) {
        (Some(place), _) => format!("{place:?}: {}", fault.message),
        (None, _) => fault.message.clone(),
    };
    let mut details = json!({ "kind": fault.kind() });
    if let Some(place) = &fault.place {
        details["place"] = json!(place);
    }
    if let Some(position) = fault.position {
        details["position"] = json!(position);
        if let Subject::Expression(text) | Subject::Template(Value::String(text)) = subject {
            let (line, column) = line_and_column(text, position);
            details["line"] = json!(line);
            details["column"] = json!(column);
        }
    }
    if !fault.outputs.is_empty() {
        details["outputs"] = json!(fault.outputs);
    }
    Refusal::new(Code::JqError, format!("{what}.")).with_details(details)
}

impl Fault {
    /// `compile`, `limit` or `run`.
    pub fn kind(&self) -> &'static str {
        match (self.position, self.limit) {
            (Some(_), _) => "compile",
            (None, true) => "limit",
            (None, false) => "run",
        }
    }
}

/// The line and column of a position, both from 1.
pub fn line_and_column(text: &str, position: usize) -> (usize, usize) {
    let before: String = text.chars().take(position).collect();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(body: &Value) -> Result<Answer, Fault> {
        let question = Question::parse(body).expect("a question");
        let limits = TemplateLimits::default();
        evaluate(&question, &limits, Timestamp::from_millis(0), &|| {
            Duration::ZERO
        })
    }

    #[test]
    fn an_expression_gives_all_its_outputs() {
        let context = json!({"a": [1, 2]});
        for (expression, expected) in [
            (".a[]", json!([1, 2])),
            ("empty", json!([])),
            (".a | length, 'x'", json!([2, "x"])),
        ] {
            let answer = ask(&json!({"expression": expression, "context": context}));
            let expected = expected.as_array().expect("a list").clone();
            assert_eq!(answer, Ok(Answer::Outputs(expected)), "{expression}");
        }
    }

    #[test]
    fn a_template_is_rendered_as_a_whole() {
        let answer = ask(&json!({
            "template": {"x": "{{ .a }}", "{{ .k }}": 1}, "context": {"a": [1], "k": "key"}
        }));
        assert_eq!(answer, Ok(Answer::Result(json!({"x": [1], "key": 1}))));
        let answer = ask(&json!({"template": "n={{ 1 + 1 }}"}));
        assert_eq!(answer, Ok(Answer::Result(json!("n=2"))));
    }

    #[test]
    fn a_fault_says_where() {
        let fault = ask(&json!({"expression": ".a | nosuch"})).expect_err("no program");
        assert_eq!((fault.position, fault.kind()), (Some(5), "compile"));
        let fault = ask(&json!({"template": {"x": ["é {{ nosuch }}"]}})).expect_err("no template");
        assert_eq!(
            (fault.position, fault.place.as_deref()),
            (Some(5), Some("template.x[0]"))
        );
        let fault = ask(&json!({"expression": "1, (\"a\" | .[0])"})).expect_err("an error");
        assert_eq!((fault.kind(), fault.outputs), ("run", vec![json!(1)]));
        let fault = ask(&json!({"expression": "last(range(1e12))"})).expect_err("a limit");
        assert_eq!(fault.kind(), "limit");
        assert_eq!(line_and_column("a\nbc\nd", 4), (2, 3));
        assert_eq!(line_and_column("", 7), (1, 1));
    }

    #[test]
    fn a_question_is_one_of_two() {
        for body in [
            json!({}),
            json!({"expression": ".", "template": "x"}),
            json!({"expression": 1}),
            json!({"expression": ".", "surprise": 1}),
            json!([]),
        ] {
            let refusal = Question::parse(&body).expect_err("no question");
            assert_eq!(refusal.code, Code::InvalidRequest, "{body}");
        }
    }
}
