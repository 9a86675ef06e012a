//! "Did you mean …?" for unknown keys of run files and other names.

use crate::Error;

/// Adds a suggestion to a message of the form ``unknown field `x`, expected `a` or `b` `` (or
/// `unknown variant`), if one of the expected words is near.
pub(crate) fn with_suggestion(message: &str) -> String {
    let Some(start) = message
        .find("unknown field")
        .or_else(|| message.find("unknown variant"))
    else {
        return message.to_owned();
    };
    let mut words = message[start..].split('`').skip(1).step_by(2);
    let Some(unknown) = words.next() else {
        return message.to_owned();
    };
    match nearest(unknown, words) {
        Some(word) => format!("{}\nDid you mean `{word}`?", message.trim_end()),
        None => message.to_owned(),
    }
}

/// The word nearest to `unknown`, if any is near enough to be meant.
pub(crate) fn nearest<'a>(unknown: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|word| (strsim::damerau_levenshtein(unknown, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 3)
        .min()
        .map(|(_, word)| word)
}

/// There is no `kind` of this name, only `known` ones.
pub(crate) fn unknown_name(kind: &'static str, name: &str, known: &[&str]) -> Error {
    let meant = nearest(name, known.iter().copied());
    Error::UnknownName {
        kind,
        name: name.to_owned(),
        known: known.join(", "),
        suggestion: meant.map_or(String::new(), |word| format!("; did you mean `{word}`?")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_key_is_suggested_and_a_far_one_is_not() {
        let message = "unknown field `epcohs`, expected one of `batch`, `epochs`, `rate_inv`";
        assert!(with_suggestion(message).ends_with("Did you mean `epochs`?"));
        let message = "unknown field `zzzzzz`, expected `batch` or `epochs`";
        assert_eq!(with_suggestion(message), message);
        assert_eq!(with_suggestion("something else"), "something else");
    }
}
