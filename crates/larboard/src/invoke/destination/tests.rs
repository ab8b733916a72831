//! Tables for the guard: addresses, spellings, the allow list, and names that answer in bad faith.

use super::*;
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use std::io;

/// Gives every name the same addresses.
struct Always(Vec<IpAddr>);

impl Resolve for Always {
    fn resolve(&self, _host: &str) -> BoxFuture<'_, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

fn guard(allow: &str, found: &[&str]) -> Guard {
    Guard::new(
        AllowList::parse(allow).expect("an allow list"),
        Arc::new(Always(addresses(found))),
    )
}

async fn check(allow: &str, found: &[&str], url: &str) -> Result<(), DestinationRefusal> {
    guard(allow, found).check(&parse_url(url)?).await
}

const NOT_PUBLIC: [&str; 40] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.0.1",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

const PUBLIC: [&str; 12] = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
];

#[test]
fn private_reserved_and_metadata_addresses_are_not_public() {
    for address in addresses(&NOT_PUBLIC) {
        assert!(!address::is_public(address), "{address}");
    }
}

#[test]
fn ordinary_addresses_are_public() {
    for address in addresses(&PUBLIC) {
        assert!(address::is_public(address), "{address}");
    }
}

#[tokio::test]
async fn every_spelling_of_a_private_address_is_refused() {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]",
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "user:secret@127.0.0.1",
        "public.example@127.0.0.1",
    ];
    for host in hosts {
        let refusal = check("", &["8.8.8.8"], &format!("http://{host}/hook")).await;
        assert!(
            matches!(refusal, Err(DestinationRefusal::Private { .. })),
            "{host}: {refusal:?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_private_addresses_only_is_refused() {
    let refusal = check("", &["10.0.0.1", "::1"], "https://ci.example/").await;
    assert_eq!(
        refusal,
        Err(DestinationRefusal::Private {
            host: "ci.example".to_owned()
        })
    );
}

#[tokio::test]
async fn a_name_without_an_address_is_not_resolvable() {
    let refusal = check("", &[], "https://ci.example/").await;
    assert_eq!(
        refusal,
        Err(DestinationRefusal::NotResolvable {
            host: "ci.example".to_owned()
        })
    );
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_permitted_addresses_are_left() {
    let left = guard("", &["127.0.0.1", "8.8.8.8", "fe80::1"])
        .addresses("ci.example")
        .await;
    assert_eq!(left, Ok(addresses(&["8.8.8.8"])));
}

#[tokio::test]
async fn the_allow_list_opens_what_it_names_and_nothing_else() {
    let allow = "127.0.0.0/8, ci.internal,*.corp.example , ::1,[fd00::7],bücher.example,";
    let cases = [
        ("http://127.0.0.1:8080/", "10.0.0.1", true),
        ("http://[::1]/", "10.0.0.1", true),
        ("http://[fd00::7]/", "10.0.0.1", true),
        ("http://[::ffff:127.9.9.9]/", "10.0.0.1", true),
        ("http://[fd00::8]/", "10.0.0.1", false),
        ("http://10.0.0.1/", "10.0.0.1", false),
        ("http://ci.internal/", "10.0.0.1", true),
        ("http://CI.Internal./", "10.0.0.1", true),
        ("http://other.internal/", "10.0.0.1", false),
        ("http://other.internal/", "127.0.0.9", true),
        ("http://a.corp.example/", "10.0.0.1", true),
        ("http://a.b.corp.example/", "10.0.0.1", true),
        ("http://corp.example/", "10.0.0.1", false),
        ("http://evilcorp.example/", "10.0.0.1", false),
        ("http://ci.internal.evil.example/", "10.0.0.1", false),
        ("http://BÜCHER.example/", "10.0.0.1", true),
    ];
    for (url, found, permitted) in cases {
        assert_eq!(
            check(allow, &[found], url).await.is_ok(),
            permitted,
            "{url} -> {found}"
        );
    }
}

#[test]
fn an_entry_that_is_no_network_and_no_name_is_refused_by_a_sentence_that_names_it() {
    for entry in [
        "http://ci.internal",
        "ci.internal:8080",
        "10.0.0.0/33",
        "a b",
        "*",
        "*.",
        "a.*.example",
        "ci.internal/hook",
    ] {
        let sentence = AllowList::parse(&format!("::1,{entry}")).expect_err(entry);
        assert!(
            sentence.starts_with(&format!("`{entry}` in the allow list")),
            "{sentence}"
        );
    }
}

#[test]
fn only_http_and_https_urls_with_a_host_are_read() {
    for url in [
        "",
        "ci.example/hook",
        "ftp://ci.example/",
        "file:///etc/passwd",
        "http://",
        "https://a b/",
        "javascript:alert(1)",
    ] {
        assert!(
            matches!(parse_url(url), Err(DestinationRefusal::BadUrl(_))),
            "{url}"
        );
    }
    assert!(parse_url(" https://ci.example/hook ").is_ok());
}

#[test]
fn a_receiver_is_the_host_and_the_port_without_credentials_or_path() {
    let receiver = |url| parse_url(url).ok().as_ref().map(receiver_of);
    assert_eq!(
        receiver("https://u:p@CI.example/hook?token=1"),
        Some("ci.example:443".to_owned())
    );
    assert_eq!(
        receiver("http://[::1]:8080/"),
        Some("[::1]:8080".to_owned())
    );
    assert_eq!(receiver("nonsense"), None);
}

proptest! {
    #[test]
    fn any_allow_list_is_read_or_refused(text in ".{0,80}") {
        let _ = AllowList::parse(&text);
    }

    #[test]
    fn any_list_of_entry_like_text_is_read_or_refused(text in "[0-9a-f.:/*,\\[\\]-]{0,60}") {
        if let Ok(list) = AllowList::parse(&text) {
            list.has_name(&text);
        }
    }

    #[test]
    fn any_url_is_read_or_refused(text in "(https?://)?.{0,80}") {
        if let Ok(url) = parse_url(&text) {
            let _ = guard("", &[]).check_literal(&url);
            prop_assert!(receiver_of(&url).contains(':'));
        }
    }

    #[test]
    fn a_mapped_address_is_judged_as_the_address_it_stands_for(bits in any::<u32>()) {
        let v4 = std::net::Ipv4Addr::from_bits(bits);
        prop_assert_eq!(address::is_public(v4.into()), address::is_public(v4.to_ipv6_mapped().into()));
    }
}
