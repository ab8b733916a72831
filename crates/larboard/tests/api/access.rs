//! Who gets in: tokens and their end, sessions and forged requests, guessing, rotated and deleted credentials.

use crate::client::{Auth, Client, send};
use crate::harness::{
    ADMIN, CLIENT, MEMBER, PASSWORD, SECRET, Server, on_both_databases, on_both_with,
};
use crate::{catalog, signature};
use serde_json::{Value, json};
use std::time::Duration;

async fn token(server: &Server, id: &str, secret: &str) -> Client {
    let body = json!({ "clientId": id, "clientSecret": secret });
    let reply = server
        .anonymous()
        .post("/v1/auth/access_token", &body)
        .await
        .expect(200);
    let token = reply["accessToken"].as_str().expect("a token");
    server.client(Auth::Token(token.to_owned()))
}

#[test]
fn a_token_lives_as_long_as_it_says_and_no_longer() {
    on_both_databases(async |server| {
        let machine = token(&server, CLIENT, SECRET).await;
        server.clock.advance(10_799);
        machine.get("/v1/organization").await.expect(200);
        server.clock.advance(1);
        let message = machine
            .get("/v1/organization")
            .await
            .refused(401, "unauthorized");
        assert!(message.contains("expired"), "{message}");
    });
}

#[test]
fn what_is_no_token_is_refused_and_a_bare_one_is_accepted() {
    on_both_databases(async |server| {
        let valid = server.token();
        let with = async |value: &str| {
            let request = server.anonymous().request("GET", "/v1/organization");
            send(request.header("authorization", value)).await
        };
        for value in [
            valid.to_owned(),
            format!("Bearer {valid}"),
            format!("bearer {valid}"),
            format!("BEARER   {valid}"),
        ] {
            with(&value).await.expect(200);
        }
        let mut forged: Vec<&str> = valid.split('.').collect();
        forged[1] = "eyJzdWIiOiJhZG1pbiJ9";
        for value in [
            "Bearer",
            "Bearer ",
            "Basic dXNlcjpwYXNz",
            "Bearer a.b.c",
            "Bearer null",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
            forged.join(".").as_str(),
            &valid[..valid.len() - 2],
        ] {
            with(value).await.refused(401, "unauthorized");
        }
    });
}

#[test]
fn a_rotated_secret_signs_at_once_and_the_old_one_authenticates_for_a_while() {
    on_both_with(
        |config| config.secret_grace = Duration::from_secs(3600),
        async |server| {
            let machine = server.machine();
            let rotated = machine
                .post(&format!("/v1/apps/{CLIENT}/rotate-secret"), &json!({}))
                .await
                .expect(200);
            let fresh = rotated["app"]["secret"].as_str().expect("a secret");
            assert!(fresh.len() >= 32 && fresh != SECRET);
            catalog::action(&server, "/hook", json!({})).await;
            catalog::run(&machine).await;
            signature::verify(&server.sink.wait_for(1).await[0], fresh);
            token(&server, CLIENT, fresh).await;
            token(&server, CLIENT, SECRET).await;
            server.clock.advance(3600);
            let body = json!({ "clientId": CLIENT, "clientSecret": SECRET });
            server
                .anonymous()
                .post("/v1/auth/access_token", &body)
                .await
                .refused(401, "unauthorized");
            token(&server, CLIENT, fresh).await;
        },
    );
}

#[test]
fn the_token_of_a_deleted_app_dies_with_it() {
    on_both_databases(async |server| {
        let machine = server.machine();
        let made = machine
            .post("/v1/apps", &json!({ "name": "CI" }))
            .await
            .expect(200);
        let text = |key: &str| made["app"][key].as_str().expect("a text").to_owned();
        let other = token(&server, &text("id"), &text("secret")).await;
        other.get("/v1/organization").await.expect(200);
        machine
            .delete(&format!("/v1/apps/{}", text("id")))
            .await
            .expect(200);
        other
            .get("/v1/organization")
            .await
            .refused(401, "unauthorized");
    });
}

#[test]
fn a_session_ends_by_signing_out_and_by_time() {
    on_both_databases(async |server| {
        let member = server.member().await;
        let shown = member.get("/v1/auth/session").await.expect(200);
        assert_eq!(shown["user"]["email"], MEMBER);
        assert_eq!(shown["user"]["role"], "Member");
        let other = server.member().await;
        member.delete("/v1/auth/session").await.expect(200);
        member
            .get("/v1/auth/session")
            .await
            .refused(401, "unauthorized");
        other.get("/v1/auth/session").await.expect(200);
        server.clock.advance(168 * 3600);
        other
            .get("/v1/auth/session")
            .await
            .refused(401, "unauthorized");
    });
}

#[test]
fn the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    on_both_databases(async |server| {
        let credentials = json!({ "email": ADMIN.to_uppercase(), "password": PASSWORD });
        let reply = server
            .anonymous()
            .post("/v1/auth/session", &credentials)
            .await;
        let cookie = reply.headers["set-cookie"]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        reply.expect(200);
    });
}

#[test]
fn a_change_with_the_cookie_but_without_its_token_is_refused() {
    on_both_databases(async |server| {
        let admin = server.admin().await;
        let Auth::Session { cookie, csrf } = admin.auth.clone() else {
            panic!("a session");
        };
        let change = json!({ "name": "Mine" });
        for forged in ["", "wrong", &csrf[1..]] {
            let session = Auth::Session {
                cookie: cookie.clone(),
                csrf: forged.to_owned(),
            };
            server
                .client(session)
                .patch("/v1/organization", &change)
                .await
                .refused(403, "missing_permissions");
        }
        let shown = admin.get("/v1/organization").await.expect(200);
        assert_ne!(shown["organization"]["name"], "Mine");
        admin.patch("/v1/organization", &change).await.expect(200);
    });
}

#[test]
fn guessing_a_password_is_slowed_and_only_for_that_account() {
    on_both_databases(async |server| {
        let try_with = async |email: &str, password: &str| {
            let body = json!({ "email": email, "password": password });
            server.anonymous().post("/v1/auth/session", &body).await
        };
        for _ in 0..5 {
            try_with(MEMBER, "guess").await.refused(401, "unauthorized");
        }
        let reply = try_with(MEMBER, PASSWORD).await;
        assert!(
            reply.headers.contains_key("retry-after"),
            "{:?}",
            reply.headers
        );
        reply.refused(429, "rate_limited");
        try_with(ADMIN, PASSWORD).await.expect(200);
        server.clock.advance(2);
        try_with(MEMBER, PASSWORD).await.expect(200);
        // Success forgets the failures.
        try_with(MEMBER, "guess").await.refused(401, "unauthorized");
        try_with(MEMBER, PASSWORD).await.expect(200);
        // Nobody learns which addresses exist.
        let (unknown, known) = (try_with("x@y.test", "g").await, try_with(MEMBER, "g").await);
        assert_eq!(unknown.body, known.body);
    });
}

#[test]
fn credentials_and_sign_ins_are_in_the_audit_log_with_what_changed_and_without_secrets() {
    on_both_databases(async |server| {
        let machine = server.machine();
        server.admin().await;
        let bad = json!({ "email": MEMBER, "password": "guess" });
        server
            .anonymous()
            .post("/v1/auth/session", &bad)
            .await
            .refused(401, "unauthorized");
        let made = machine
            .post("/v1/apps", &json!({ "name": "CI" }))
            .await
            .expect(200);
        let id = made["app"]["id"].as_str().expect("an id").to_owned();
        machine
            .put(&format!("/v1/apps/{id}"), &json!({ "name": "CD" }))
            .await
            .expect(200);
        let rotated = machine
            .post(&format!("/v1/apps/{id}/rotate-secret"), &json!({}))
            .await
            .expect(200);
        machine.delete(&format!("/v1/apps/{id}")).await.expect(200);
        let secret = json!({ "secretName": "KEY", "secretValue": "hush-hush" });
        machine
            .post("/v1/organization/secrets", &secret)
            .await
            .expect(200);
        machine
            .patch("/v1/organization", &json!({ "name": "Acme" }))
            .await
            .expect(200);

        let log = machine.get("/v1/audit-log").await.expect(200);
        let events = log["audits"].as_array().expect("events");
        let of = |kind: &str| -> Vec<&Value> {
            let mut found: Vec<&Value> = events
                .iter()
                .filter(|e| e["resourceType"] == kind)
                .collect();
            found.reverse();
            found
        };
        let sessions = of("session");
        assert_eq!(sessions[0]["status"], "SUCCESS");
        assert_eq!(sessions[0]["trigger"]["origin"], "UI");
        assert_eq!(sessions[0]["trigger"]["by"]["user"]["email"], ADMIN);
        assert_eq!(sessions[1]["status"], "FAILURE");
        let apps = of("app");
        assert_eq!(
            apps[0]["diff"]["after"]["name"], "Default app",
            "the first start made it"
        );
        let apps = &apps[1..];
        let actions: Vec<_> = apps.iter().map(|e| e["action"].as_str()).collect();
        let update = Some("UPDATE");
        assert_eq!(actions, [Some("CREATE"), update, update, Some("DELETE")]);
        assert_eq!(apps[1]["diff"]["before"]["name"], "CI");
        assert_eq!(apps[1]["diff"]["after"]["name"], "CD");
        assert_eq!(apps[3]["diff"]["after"], Value::Null);
        assert_eq!(of("organization")[0]["diff"]["after"]["name"], "Acme");
        assert_eq!(of("secret").len(), 1);
        let text = log.to_string();
        for hidden in [
            "hush-hush",
            made["app"]["secret"].as_str().expect("a secret"),
            rotated["app"]["secret"].as_str().expect("a secret"),
            PASSWORD,
            "guess",
        ] {
            assert!(!text.contains(hidden), "the audit log holds {hidden}");
        }
    });
}

#[test]
fn a_member_who_is_disabled_is_refused_at_once_and_cannot_sign_in_again() {
    on_both_databases(async |server| {
        let member = server.member().await;
        member.get("/v1/organization").await.expect(200);
        let disabled = json!({ "properties": { "status": "Disabled" } });
        let path = format!("/v1/blueprints/_user/entities/{MEMBER}");
        server.machine().patch(&path, &disabled).await.expect(200);
        member
            .get("/v1/organization")
            .await
            .refused(401, "unauthorized");
        let credentials = json!({ "email": MEMBER, "password": PASSWORD });
        server
            .anonymous()
            .post("/v1/auth/session", &credentials)
            .await
            .refused(401, "unauthorized");
    });
}
