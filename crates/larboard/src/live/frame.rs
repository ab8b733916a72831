//! The text of server-sent events.

use super::Frame;

/// An event with its data in one line, and an id if it can be resumed from.
pub fn event(name: &str, id: Option<i64>, data: &str) -> Frame {
    let mut text = String::with_capacity(data.len() + name.len() + 32);
    text.push_str("event: ");
    text.push_str(name);
    text.push('\n');
    if let Some(id) = id {
        text.push_str("id: ");
        text.push_str(&id.to_string());
        text.push('\n');
    }
    text.push_str("data: ");
    // JSON text never holds a raw line break, so one data line is enough.
    text.push_str(data);
    text.push_str("\n\n");
    text.into()
}

/// A comment that keeps proxies from closing a quiet stream.
pub fn keep_alive() -> Frame {
    Frame::from_static(b": keep-alive\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_name_its_id_and_its_data() {
        assert_eq!(
            event("log", Some(3), "{}"),
            "event: log\nid: 3\ndata: {}\n\n"
        );
        assert_eq!(event("run", None, "{}"), "event: run\ndata: {}\n\n");
    }
}
