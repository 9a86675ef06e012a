//! The sections of a page, each written by a command of its own.

/// What a heading of a section begins with.
const MARK: &str = "## ";

/// A page in which the section of this heading is `section`, at its old place or at the end.
///
/// `section` begins with its heading. The rest of the page stays as it is.
pub(crate) fn replace(page: &str, section: &str) -> String {
    let heading = heading(section);
    let mut parts = split(page);
    let place = parts.iter().position(|part| self::heading(part) == heading);
    match place {
        Some(place) => parts[place] = section,
        None => parts.push(section),
    }
    join(&parts)
}

/// A new page, and after it the sections of the old one that the new one does not have.
pub(crate) fn keep_others(old: &str, new: &str) -> String {
    let mut parts = split(new);
    let known: Vec<&str> = parts.iter().map(|part| heading(part)).collect();
    let other = |part: &&str| !heading(part).is_empty() && !known.contains(&heading(part));
    parts.extend(split(old).into_iter().filter(other));
    join(&parts)
}

/// What is before the first section, and the sections.
fn split(page: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = page;
    // From the second character on: a part begins with its own heading.
    while let Some(at) = rest.get(1..).and_then(|rest| rest.find("\n## ")) {
        let (part, next) = rest.split_at(at + 2);
        parts.push(part);
        rest = next;
    }
    parts.push(rest);
    parts
}

fn heading(part: &str) -> &str {
    let line = part.lines().next().unwrap_or_default();
    line.strip_prefix(MARK).unwrap_or_default()
}

/// Parts with an empty line between them, and none at the end.
fn join(parts: &[&str]) -> String {
    let parts = parts.iter().map(|part| part.trim_matches('\n'));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\n\nGenerated.\n\n## One\n\na\n\n### Part\n\nb\n\n## Two\n\nc\n";

    #[test]
    fn a_section_is_replaced_where_it_stands() {
        let page = replace(PAGE, "## One\n\nnew\n");
        assert_eq!(
            page,
            "# Title\n\nGenerated.\n\n## One\n\nnew\n\n## Two\n\nc\n"
        );
        let page = replace(PAGE, "## Two\n\nnew\n");
        assert!(page.starts_with(&PAGE[..PAGE.len() - 3]) && page.ends_with("## Two\n\nnew\n"));
    }

    #[test]
    fn a_new_section_comes_last() {
        let page = replace(PAGE, "## Three\n\nd\n");
        assert_eq!(page, format!("{PAGE}\n## Three\n\nd\n"));
        assert_eq!(replace("", "## Three\n\nd"), "## Three\n\nd\n");
    }

    #[test]
    fn a_section_put_back_changes_nothing() {
        assert_eq!(replace(PAGE, "## One\n\na\n\n### Part\n\nb\n"), PAGE);
        assert_eq!(keep_others(PAGE, PAGE), PAGE);
        let real = include_str!("../../../docs/performance.md");
        assert_eq!(keep_others(real, real), real);
    }

    #[test]
    fn a_new_page_keeps_the_sections_of_others() {
        let page = keep_others(PAGE, "# Title\n\nToday.\n\n## One\n\nnew\n");
        assert_eq!(page, "# Title\n\nToday.\n\n## One\n\nnew\n\n## Two\n\nc\n");
        assert_eq!(keep_others("", "# Title\n"), "# Title\n");
        let page = keep_others("## Two\n\nc\n", "# Title\n");
        assert_eq!(page, "# Title\n\n## Two\n\nc\n");
    }
}
