//! `larboard doctor`: each thing that can be wrong is named, with what to do about it; what is right is said too; and looking
//! changes nothing.

use crate::place::{Ended, OTHER_KEY, Place, finish};
use larboard_store::testing::TestDatabase;
use larboard_store::{SqliteOptions, Store, StoreError, args};
use std::path::Path;

/// What doctor said of one thing; whether all was well agrees with how it ended.
fn finding<'e>(ended: &'e Ended, what: &str) -> Result<&'e str, &'e str> {
    assert_eq!(ended.ok, !ended.out.contains("WRONG   "), "{ended:?}");
    let find = |mark: &str| {
        ended
            .out
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{mark}{what}: ")))
    };
    match (find("ok      "), find("WRONG   ")) {
        (Some(text), None) => Ok(text),
        (None, Some(text)) => Err(text),
        _ => panic!("nothing on {what}: {ended:?}"),
    }
}

#[track_caller]
fn assert_wrong(ended: &Ended, what: &str, parts: &[&str]) {
    let text = finding(ended, what).expect_err("something is wrong");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn everything_is_well_before_the_first_start_while_serving_and_afterwards() {
    for place in [Place::sqlite(), Place::postgres()] {
        let doctor = place.run(&["doctor"]).await;
        assert!(doctor.ok, "{doctor:?}");
        assert!(
            finding(&doctor, "database").is_ok_and(|text| text.contains("first start")),
            "{doctor:?}"
        );
        assert!(!place.data().exists(), "looking makes nothing");

        let server = place.serve().await;
        let doctor = place.run(&["doctor"]).await;
        assert!(
            finding(&doctor, "listening").is_ok_and(|text| text.starts_with("Larboard serves on")),
            "{doctor:?}"
        );
        server.stop().await;
        let doctor = place.run(&["doctor"]).await;
        assert!(
            finding(&doctor, "listening").is_ok_and(|text| text.ends_with("is free")),
            "{doctor:?}"
        );
        assert!(
            finding(&doctor, "database").is_ok_and(|text| text.contains("up to date")),
            "{doctor:?}"
        );
        assert_eq!(
            finding(&doctor, "master key and database"),
            Ok("they belong together")
        );
        assert_eq!(finding(&doctor, "clock and database"), Ok("they agree"));
    }
}

#[tokio::test]
async fn a_wrong_key_a_broken_one_and_a_missing_one_are_named() {
    for mut place in [Place::sqlite(), Place::postgres()] {
        place.serve().await.stop().await;
        place.set("MASTER_KEY", OTHER_KEY);
        let doctor = place.run(&["doctor"]).await;
        assert_wrong(
            &doctor,
            "master key and database",
            &["another master key", "start with that one"],
        );
        place.set("MASTER_KEY", "AAAA");
        assert_wrong(
            &place.run(&["doctor"]).await,
            "master key",
            &["3 bytes", "32"],
        );
        place.unset("MASTER_KEY");
        let doctor = place.run(&["doctor"]).await;
        if place.data().join("larboard.db").exists() {
            assert_wrong(&doctor, "master key and database", &["master.key", "back"]);
            assert!(
                !place.data().join("master.key").exists(),
                "looking makes no key"
            );
            let open = place.write("open.key", OTHER_KEY);
            place.set("MASTER_KEY_FILE", &open);
            assert_wrong(
                &place.run(&["doctor"]).await,
                "master key",
                &["chmod 600", &open],
            );
        } else {
            assert_wrong(&doctor, "master key", &["LARBOARD_MASTER_KEY"]);
        }
    }
}

#[tokio::test]
async fn a_data_directory_that_is_a_file_or_cannot_be_written_to_is_named() {
    let mut place = Place::sqlite();
    let file = place.write("file", "");
    place.set("DATA", &format!("{file}/data"));
    assert_wrong(
        &place.run(&["doctor"]).await,
        "data directory",
        &["is a file", "--data"],
    );
    // A place where nobody makes files, not even root.
    place.set("DATA", "/sys");
    assert_wrong(
        &place.run(&["doctor"]).await,
        "data directory",
        &["cannot write into /sys"],
    );
}

#[tokio::test]
async fn a_disk_that_is_small_or_full_is_named() {
    let place = Place::sqlite();
    std::fs::create_dir_all(place.data()).expect("a directory");
    // Root may mount; others may in a namespace where they are called root.
    let mount = |size: &str| {
        format!(
            r#"mount -t tmpfs -o size={size} none '{}' && "$0" doctor"#,
            place.data().display()
        )
    };
    let binary = env!("CARGO_BIN_EXE_larboard");
    let mut small = None;
    for unshare in [
        &["unshare", "--mount"][..],
        &["unshare", "--user", "--map-root-user", "--mount"],
    ] {
        let script = mount("20m");
        let words = [unshare, &["sh", "-c", &script, binary]].concat();
        let ended = finish(place.wrapped(&words), "").await;
        if ended.out.contains("data directory") {
            let script = mount("512k");
            let words = [unshare, &["sh", "-c", &script, binary]].concat();
            small = Some((ended, finish(place.wrapped(&words), "").await));
            break;
        }
    }
    match small {
        Some((small, full)) => {
            assert_wrong(
                &small,
                "data directory",
                &["only ", "MiB free", "make room"],
            );
            assert_wrong(&full, "data directory", &["cannot write into", "make room"]);
        }
        // Where no file system can be mounted, the size of files is limited instead.
        None => {
            let words = [
                "sh",
                "-c",
                r#"trap '' XFSZ; ulimit -f 100; "$0" doctor"#,
                binary,
            ];
            let full = finish(place.wrapped(&words), "").await;
            assert_wrong(&full, "data directory", &["cannot write into", "make room"]);
        }
    }
}

#[tokio::test]
async fn a_database_that_is_unreachable_damaged_or_of_another_encoding_is_named() {
    let place = Place::sqlite().with(
        "DATABASE_URL",
        "postgres://nobody:hidden@127.0.0.1:1/nothing",
    );
    let doctor = place.run(&["doctor"]).await;
    assert_wrong(&doctor, "database", &["cannot be reached"]);
    assert!(
        !doctor.out.contains("hidden"),
        "a password is not shown: {doctor:?}"
    );

    let place = Place::sqlite();
    std::fs::create_dir_all(place.data()).expect("a directory");
    place.write(
        "data/larboard.db",
        "no database at all, although it has some length",
    );
    assert_wrong(
        &place.run(&["doctor"]).await,
        "database",
        &["not a database"],
    );

    let latin = TestDatabase::postgres_of("LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'LATIN1'", "");
    let place = Place::on(latin);
    assert_wrong(
        &place.run(&["doctor"]).await,
        "database",
        &["LATIN1", "ENCODING 'UTF8'"],
    );
    place
        .run(&["serve"])
        .await
        .refused(&["LATIN1", "ENCODING 'UTF8'"]);
}

#[tokio::test]
async fn a_database_of_a_newer_or_an_older_version_is_named() {
    let place = Place::sqlite();
    place.serve().await.stop().await;
    change(
        &place.data(),
        "DELETE FROM schema_migrations WHERE name = (SELECT MAX(name) FROM schema_migrations)",
    );
    let doctor = place.run(&["doctor"]).await;
    assert!(
        finding(&doctor, "database")
            .is_ok_and(|text| text.contains("1 migration") && text.contains("back it up")),
        "{doctor:?}"
    );
    change(
        &place.data(),
        "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_newer', '0')",
    );
    assert_wrong(
        &place.run(&["doctor"]).await,
        "database",
        &["newer Larboard", "9999_newer"],
    );
    place
        .run(&["serve"])
        .await
        .refused(&["newer Larboard", "9999_newer"]);
}

#[tokio::test]
async fn a_clock_that_is_behind_what_was_written_is_named() {
    for place in [Place::sqlite(), Place::postgres()] {
        place.serve().await.stop().await;
        // As if all of it had been written by a machine whose clock is a day ahead.
        let later = "UPDATE audit_events SET at = at + 86400000";
        match place.url() {
            Some(url) => change_at(
                Store::open_postgres(&url, larboard_store::PostgresOptions::default()),
                later,
            ),
            None => change(&place.data(), later),
        }
        let doctor = place.run(&["doctor"]).await;
        assert_wrong(&doctor, "clock and database", &["in the future", "NTP"]);
    }
}

#[tokio::test]
async fn a_port_that_another_program_has_is_named() {
    let place = Place::sqlite();
    let other = tokio::net::TcpListener::bind(("127.0.0.1", place.port))
        .await
        .expect("the port");
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = other.accept().await {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            drop(tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await);
        }
    });
    let doctor = place.run(&["doctor"]).await;
    assert_wrong(
        &doctor,
        "listening",
        &["another program", &place.port.to_string(), "--listen"],
    );
    serving.abort();
    let place = place.with("LISTEN", "192.0.2.1:80");
    assert_wrong(
        &place.run(&["doctor"]).await,
        "listening",
        &["cannot listen on 192.0.2.1:80"],
    );
}

#[tokio::test]
async fn settings_that_cannot_be_and_certificates_for_outgoing_calls_are_named() {
    let place = Place::sqlite().with("PUBLIC_URL", "portal.example.test");
    assert_wrong(
        &place.run(&["doctor"]).await,
        "configuration",
        &["public-url", "portal.example.test"],
    );
    let mut place = Place::sqlite();
    place.set("CA_BUNDLE", &place.write("ca.pem", "nothing"));
    assert_wrong(
        &place.run(&["doctor"]).await,
        "outgoing calls",
        &["CA bundle", "PEM"],
    );
}

fn change(data: &Path, sql: &'static str) {
    change_at(
        Store::open_sqlite(&data.join("larboard.db"), SqliteOptions::default()),
        sql,
    );
}

fn change_at(store: Result<Store, StoreError>, sql: &'static str) {
    let store = store.expect("the database");
    let changed = store.write_blocking(move |tx| tx.execute(sql, &args![]));
    assert!(changed.expect("a change") > 0, "{sql} changes something");
    store.shutdown();
}
