//! `larboard jq` as a person or a pipeline calls it: the real binary, its output, its exit code and its complaints.

use std::io::Write;
use std::process::{Command, Stdio};

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn jq(arguments: &[&str], input: &str) -> Said {
    let mut process = Command::new(env!("CARGO_BIN_EXE_larboard"))
        .arg("jq")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut stdin = process.stdin.take().expect("its input");
    // A command that reads nothing may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = process.wait_with_output().expect("its end");
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn the_command_prints_every_output_of_every_input() {
    for (arguments, input, expected) in [
        (
            vec!["-c", ".a[] + 1"],
            "{\"a\": [1, 2]}\n{\"a\": [7.0]}",
            "2\n3\n8\n",
        ),
        (
            vec!["."],
            "{\"a\":[1,{}]}",
            "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n",
        ),
        (vec!["-r", ".a"], "{\"a\": \"x y\"}", "x y\n"),
        (vec![".a"], "{\"a\": \"x y\"}", "\"x y\"\n"),
        (vec!["-n", "1 + 1"], "", "2\n"),
        (vec!["empty"], "1", ""),
        (vec!["-c", ".'a-b' + 'c'"], "{\"a-b\": \"x\"}", "\"xc\"\n"),
        (vec!["-t", "n={{ .n }}"], "{\"n\": 3}", "\"n=3\"\n"),
        (
            vec!["-tc", "{\"{{ .k }}\": \"{{ .v }}\"}"],
            "{\"k\": \"a\", \"v\": [1]}",
            "{\"a\":[1]}\n",
        ),
    ] {
        let said = jq(&arguments, input);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(0), expected),
            "{arguments:?}: {}",
            said.err
        );
    }
}

#[test]
fn files_stand_in_for_arguments_and_input() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("text").to_owned()
    };
    let context = file("context.json", "{\"a\": 1}");
    let program = file("program.jq", "# a comment\n.a\n");
    for arguments in [
        vec![".a", &context],
        vec!["--from-file", &program, "--context", &context],
    ] {
        let said = jq(&arguments, "");
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(0), "1\n"),
            "{}",
            said.err
        );
    }
    let said = jq(&[".", "/nowhere/at/all.json"], "");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("/nowhere/at/all.json"), "{}", said.err);
}

#[test]
fn each_kind_of_failure_has_its_code_and_shows_its_place() {
    let said = jq(&[".a |\n  nosuch", "-c"], "1");
    assert_eq!((said.code, said.out.as_str()), (Some(3), ""));
    assert!(
        said.err
            .ends_with("(line 2, column 3)\n    nosuch\n    ^\n"),
        "{}",
        said.err
    );
    let said = jq(&["-c", ".[] | tonumber"], "[\"1\", \"x\"]");
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(5), "1\n"),
        "{}",
        said.err
    );
    let said = jq(&["-n", "until(false; .)"], "");
    assert_eq!(said.code, Some(5));
    assert!(
        said.err.contains("the expression takes too"),
        "{}",
        said.err
    );
    let said = jq(&["-n", "--jq-fuel", "100", "[range(1000)]"], "");
    assert_eq!(said.code, Some(5), "{}", said.err);
    let said = jq(&["-c", "."], "1 {");
    assert_eq!(said.code, Some(2), "{}", said.out);
    let said = jq(&["-n", "--port-dialect=false", "'x'"], "");
    assert_eq!(said.code, Some(3), "{}", said.out);
    let said = jq(&["-t", "a }}"], "{}");
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("  a }}\n    ^"), "{}", said.err);
    let said = jq(&["-t", "{\"a\": [\"{{ nosuch }}\"]}"], "{}");
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("template.a[0]"), "{}", said.err);
}
