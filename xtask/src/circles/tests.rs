//! Small made-up crates.

use super::examine;
use super::report::CrateReport;
use std::path::Path;

/// The report on a crate of these files, `lib.rs` among them.
fn report(files: &[(&str, &str)]) -> CrateReport {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    examine("made-up", &folder.path().join("lib.rs")).unwrap()
}

/// Members of each circle, with the module in which they are siblings.
fn circles(files: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let circles = report(files).circles.into_iter();
    circles
        .map(|circle| (circle.parent, circle.members))
        .collect()
}

fn circle(parent: &str, members: &[&str]) -> (String, Vec<String>) {
    let members = members.iter().map(|name| (*name).to_string());
    (parent.to_string(), members.collect())
}

#[test]
fn references_in_one_direction_are_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B;"),
    ];
    assert_eq!(circles(&files), []);
}

#[test]
fn two_siblings_that_refer_to_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::f; pub struct A; fn g() { f() }"),
        ("b.rs", "pub fn f() { let _ = super::a::A; }"),
        ("c.rs", "use crate::{a::A, b};"),
    ];
    assert_eq!(circles(&files), [circle("crate", &["a", "b"])]);
}

#[test]
fn a_circle_of_three_below_the_root_is_found() {
    let files = [
        ("lib.rs", "mod room;"),
        ("room.rs", "mod a; mod b; mod c;"),
        ("room/a.rs", "use super::b::B; pub struct A(B);"),
        ("room/b.rs", "pub struct B(crate::room::c::C);"),
        ("room/c.rs", "pub struct C(Box<super::a::A>);"),
    ];
    assert_eq!(circles(&files), [circle("crate::room", &["a", "b", "c"])]);
}

#[test]
fn a_name_that_the_root_re_exports_leads_to_the_module_that_defines_it() {
    let files = [
        ("lib.rs", "mod a; mod error; pub use error::Error;"),
        ("a.rs", "pub fn f() -> crate::Error { todo!() }"),
        ("error.rs", "pub struct Error(crate::a::A);"),
    ];
    assert_eq!(circles(&files), [circle("crate", &["a", "error"])]);
}

#[test]
fn re_exports_are_followed_through_globs_and_other_names() {
    let files = [
        ("lib.rs", "mod a; mod deep; pub use deep::*;"),
        ("a.rs", "use crate::Renamed; pub struct A(Renamed);"),
        ("deep.rs", "mod inner; pub use inner::Inner as Renamed;"),
        ("deep/inner.rs", "pub struct Inner(Box<crate::a::A>);"),
    ];
    assert_eq!(circles(&files), [circle("crate", &["a", "deep"])]);
}

#[test]
fn an_imported_module_leads_to_what_is_named_below_it() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "use crate::b; pub struct A; fn f() { b::inner::g() }",
        ),
        ("b.rs", "pub mod inner { pub fn g() { crate::a::A; } }"),
    ];
    assert_eq!(circles(&files), [circle("crate", &["a", "b"])]);
}

#[test]
fn code_for_tests_alone_is_ignored() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "#[cfg(test)] mod tests { use crate::b::B; } \
             #[cfg(all(test, unix))] use crate::b; pub struct A; \
             #[test] fn t() { crate::b::B; } \
             impl A { #[cfg(test)] fn u() { crate::b::B; } }",
        ),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ];
    assert_eq!(circles(&files), []);
}

#[test]
fn paths_inside_macros_and_attributes_are_seen() {
    for mention in [
        "fn f() { println!(\"{:?}\", crate::b::B); }",
        "macro_rules! m { () => { $crate::b::B } }",
        "macro_rules! m { () => { use crate::{b::{B}}; } }",
        "#[serde(with = \"crate::b\")] struct S;",
        "fn f() { assert_eq!(1, super::b::f()); }",
    ] {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", &format!("pub struct A; {mention}")),
            ("b.rs", "use crate::a::A; pub struct B(A); pub fn f() {}"),
        ];
        assert_eq!(
            circles(&files),
            [circle("crate", &["a", "b"])],
            "not seen: {mention}"
        );
    }
}

#[test]
fn docs_visibility_fields_and_other_crates_are_no_references() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "//! [`crate::b::B`]\npub(in crate::b) struct A { b: u8 } \
             fn f(a: A) { assert!(a.b == 1); std::b::g(); ::b::h(); }",
        ),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ];
    assert_eq!(circles(&files), []);
}

#[test]
fn items_of_a_parents_file_are_counted_but_not_its_re_exports() {
    let files = [
        ("lib.rs", "mod room;"),
        (
            "room.rs",
            "mod a; mod b; pub use b::B; pub struct Shared; macro_rules! m { () => {} }",
        ),
        (
            "room/a.rs",
            "use super::{Shared, B}; struct A(Shared, B); m!();",
        ),
        ("room/b.rs", "pub struct B;"),
    ];
    let report = report(&files);
    assert!(report.is_clean());
    let upward = &report.upward["crate::room"];
    let paths: Vec<_> = upward.iter().map(|place| place.path.as_str()).collect();
    assert_eq!(paths, ["super::Shared", "m"]);
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let files = [
        ("lib.rs", "mod room;"),
        ("room.rs", "mod a; mod job; fn job() {}"),
        ("room/a.rs", "use super::job::Job;"),
        ("room/job.rs", "pub struct Job;"),
    ];
    assert!(report(&files).upward.is_empty());
}

#[test]
fn the_text_names_file_and_line() {
    let files = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "\nuse crate::b::B;\npub struct A;"),
        ("b.rs", "pub struct B(super::a::A);"),
    ];
    let text = report(&files).text(Path::new("/"), true);
    assert!(text.contains("3 modules, 1 circles"), "{text}");
    assert!(text.contains("a -> b (1)"), "{text}");
    assert!(text.contains("a.rs:2: crate::b::B"), "{text}");
}
