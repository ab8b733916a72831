//! Trying out jq: an expression or a whole template on a context that comes with it.

use crate::http::auth::Can;
use crate::http::auth::permission::SignedIn;
use crate::http::body::Json;
use crate::http::openapi::{JqQuestion, JqReply};
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::ops::jq::{self as ops, Answer, Question};
use crate::state::App;
use axum::extract::State;

/// Evaluates a jq expression or a template (ours).
///
/// Give `expression` and get all its outputs, or `template` (any document with `{{ }}` in its strings and keys) and get it
/// rendered, on the `context` you send. The limits are those of an execution. 422 `jq_error` says in `details` where the fault
/// is: `place`, `position`, and for a single text `line` and `column`.
#[utoipa::path(post, path = "/v1/jq/evaluate", tag = "jq", request_body = JqQuestion, responses((status = 200, body = JqReply)),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn evaluate(
    State(app): State<App>,
    _: Can<SignedIn>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    match ops::answer(&app, Question::parse(&body)?).await? {
        Answer::Outputs(outputs) => Ok(Reply::ok("outputs", &outputs)),
        Answer::Result(result) => Ok(Reply::ok("result", &result)),
    }
}
