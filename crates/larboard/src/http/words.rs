//! Words of paths that are identifiers too. `POST /v1/blueprints/service/entities/search` searches, but
//! `GET /v1/blueprints/service/entities/search` reads the entity `search`: a router knows the word alone and would answer
//! that it takes no GET. Which words these are follows from the route table.

use axum::extract::Request;
use axum::http::{Method, Uri};
use utoipa::openapi::{OpenApi, PathItem};

/// The words, each with where it stands.
pub struct Words(Vec<Word>);

struct Word {
    /// The segments before it; `None` stands for any.
    before: Vec<Option<String>>,
    text: String,
    /// The methods that an identifier in its place answers and the word does not.
    methods: Vec<Method>,
}

impl Words {
    /// The words of a route table, by its document.
    pub fn of(document: &OpenApi) -> Self {
        let paths = &document.paths.paths;
        let words = paths.iter().filter_map(|(path, item)| {
            let (before, text) = path.rsplit_once('/')?;
            let is_sibling = |other: &str| {
                other != path
                    && other.rsplit_once('/').is_some_and(|(start, last)| {
                        is_parameter(last) && segments(start).eq(segments(before))
                    })
            };
            let (_, sibling) = paths.iter().find(|(other, _)| is_sibling(other))?;
            let answered = methods(item);
            let mut left = methods(sibling);
            left.retain(|method| !answered.contains(method));
            (!is_parameter(text) && !left.is_empty()).then(|| Word {
                before: segments(before)
                    .map(|part| part.map(str::to_owned))
                    .collect(),
                text: text.to_owned(),
                methods: left,
            })
        });
        Self(words.collect())
    }

    /// The request with a word escaped where it is an identifier, so that the router takes it for one. `base` is the prefix
    /// of all paths.
    pub fn escaped(&self, base: &str, mut request: Request) -> Request {
        if let Some(uri) = self.escape(base, request.method(), request.uri()) {
            *request.uri_mut() = uri;
        }
        request
    }

    fn escape(&self, base: &str, method: &Method, uri: &Uri) -> Option<Uri> {
        let (before, last) = uri.path().rsplit_once('/')?;
        let is_meant = |word: &&Word| word.text == last && word.methods.contains(method);
        self.0.iter().filter(is_meant).find(|word| {
            let mut given = before.strip_prefix(base).unwrap_or(before).split('/');
            let mut fits = word.before.iter().all(|part| {
                let given = given.next();
                given.is_some_and(|given| part.as_ref().is_none_or(|part| part == given))
            });
            fits &= given.next().is_none();
            fits
        })?;
        let first = last.bytes().next()?;
        let rest = last.get(1..)?;
        let query = uri.query().map(|query| format!("?{query}"));
        let query = query.unwrap_or_default();
        format!("{before}/%{first:02X}{rest}{query}").parse().ok()
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The segments of a documented path; `None` for a parameter, whatever its name.
fn segments(path: &str) -> impl Iterator<Item = Option<&str>> {
    path.split('/')
        .map(|segment| (!is_parameter(segment)).then_some(segment))
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (&item.get, Method::GET),
        (&item.get, Method::HEAD),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.patch, Method::PATCH),
        (&item.delete, Method::DELETE),
    ];
    let answered = all.into_iter().filter(|(operation, _)| operation.is_some());
    answered.map(|(_, method)| method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_identifier_for_the_methods_it_does_not_answer_itself() {
        let words = Words::of(&super::super::routes::table().into_openapi());
        let escaped = |base: &str, method: Method, uri: &str| {
            let uri: Uri = uri.parse().expect("a URI");
            words.escape(base, &method, &uri).map(|uri| uri.to_string())
        };
        for word in ["search", "bulk", "group", "top-search"] {
            let path = format!("/v1/blueprints/a%2Fb/entities/{word}");
            for method in [
                Method::GET,
                Method::HEAD,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ] {
                let found = escaped("", method.clone(), &path).expect("an identifier");
                let first = word.as_bytes().first().expect("a letter");
                let expected = format!("/%{first:02X}{}", word.get(1..).expect("the rest"));
                assert!(found.ends_with(&expected), "{method} {found}");
            }
            assert_eq!(escaped("", Method::POST, &path), None);
        }
        assert_eq!(
            escaped(
                "/portal",
                Method::GET,
                "/portal/v1/blueprints/a/entities/bulk?include=title"
            )
            .as_deref(),
            Some("/portal/v1/blueprints/a/entities/%62ulk?include=title")
        );
        for path in [
            "/v1/blueprints/a/entities/searching",
            "/v1/blueprints/a/entities",
            "/v1/blueprints/a/b/entities/search",
            "/v1/entities/search",
            "/v2/blueprints/a/entities/search",
            "/search",
            "*",
        ] {
            assert_eq!(escaped("", Method::GET, path), None, "{path}");
        }
        // Runs are listed by this GET, whatever actions there are.
        assert_eq!(escaped("", Method::GET, "/v1/actions/runs"), None);
        assert!(escaped("", Method::DELETE, "/v1/actions/runs").is_some());
    }
}
