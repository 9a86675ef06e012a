//! Columns and rows of tables: where the label stands, and what becomes of missing values.

use nearfield_data::csv;
use serde::{Deserialize, Serialize};

/// The column of labels of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// Its number, from 0.
    Index(usize),
    /// `first`, `last`, or its name.
    Word(String),
}

impl Default for Label {
    fn default() -> Self {
        Label::Word("last".into())
    }
}

impl From<&Label> for csv::LabelColumn {
    fn from(label: &Label) -> Self {
        match label {
            Label::Index(index) => csv::LabelColumn::Index(*index),
            Label::Word(word) if word == "first" => csv::LabelColumn::First,
            Label::Word(word) if word == "last" => csv::LabelColumn::Last,
            Label::Word(word) => csv::LabelColumn::Named(word.clone()),
        }
    }
}

/// What becomes of rows with missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The table is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
}

impl From<Missing> for csv::Missing {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Refuse => csv::Missing::Refuse,
            Missing::Drop => csv::Missing::Drop,
        }
    }
}
