//! Below a path of a reverse proxy: everything is there, and nothing beside it.

use crate::backend::backend;
use crate::client::Client;
use crate::place::{CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, Place};

#[tokio::test]
async fn api_portal_assets_documents_and_cookies_are_below_the_base_path() {
    let place = Place::sqlite().with("BASE_PATH", "/larboard/");
    let server = place.serve().await;
    let base = format!("{}/larboard", server.url);
    assert!(
        server
            .said
            .iter()
            .any(|line| line.contains(&format!("serves {base} "))),
        "{:?}",
        server.said
    );
    let root = Client::new(&server.url);
    let client = Client::new(&base);

    for path in ["", "/", "/runs", "/entities/service/shop?tab=runs"] {
        let page = client.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let head = r#"<base href="/larboard/"><meta name="larboard-base" content="/larboard">"#;
        assert!(page.text.contains(head), "{path}: {}", page.text);
        // Every file that the page names is there, below the path.
        for file in files(&page.text) {
            let found = client
                .get(&format!("/{}", file.trim_start_matches("./")))
                .await;
            assert_eq!(
                (found.status, file.starts_with('/')),
                (200, false),
                "{file}"
            );
        }
    }
    assert_eq!(client.get("/openapi.json").await.json()["openapi"], "3.1.0");
    assert_eq!(client.get("/docs").await.status, 200);
    assert_eq!(client.get("/health/ready").await.status, 200);
    assert_eq!(client.get("/v1/nothing").await.status, 404);
    for path in [
        "/",
        "/v1/organization",
        "/health/ready",
        "/larboardx/health/ready",
    ] {
        assert_eq!(root.get(path).await.status, 404, "{path}");
    }

    let session = client.session(EMAIL, PASSWORD).await;
    let cookie = session.header("set-cookie").to_owned();
    assert!(
        cookie.contains("; Path=/larboard/;") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap_or_default();
    let who = client
        .with("cookie", cookie)
        .get("/v1/auth/session")
        .await
        .good();
    assert_eq!(who["user"]["email"], EMAIL);

    let mut backend = backend(None).await;
    let client = client.signed_in(CLIENT_ID, CLIENT_SECRET).await;
    client
        .prepare(&format!("http://{}/hook", backend.address))
        .await;
    let run = client.execute().await;
    assert!(backend.next().await.body.contains(&run));
    assert_eq!(
        client.get(&format!("/v1/actions/runs/{run}/")).await.good()["run"]["id"],
        run
    );
    server.stop().await;
}

#[tokio::test]
async fn a_base_path_that_is_none_is_refused_with_an_example() {
    let place = Place::sqlite().with("BASE_PATH", "/a b");
    place
        .run(&["serve"])
        .await
        .refused(&["base-path \"/a b\"", "/portal"]);
}

/// What the page loads: the values of its `src` and `href`, but for the base itself.
fn files(page: &str) -> Vec<String> {
    let after = |mark: &str| -> Vec<String> {
        let parts = page.split(mark).skip(1);
        parts
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let mut files = after(r#" src=""#);
    files.extend(after(r#" href=""#));
    files.retain(|file| file != "/larboard/");
    files
}
