//! What is printed about a crate's circles.

use super::graph::{self, Circle};
use super::modules::{Id, Tree};
use super::resolve::Reference;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Places printed for an edge unless all are wanted.
const SHOWN_PLACES: usize = 3;

/// The circles of a crate, in words.
#[derive(Debug)]
pub(super) struct CrateReport {
    label: String,
    modules: usize,
    pub(super) circles: Vec<NamedCircle>,
    /// By the parent whose file defines the items.
    pub(super) upward: BTreeMap<String, Vec<Place>>,
}

/// A circle with names instead of numbers.
#[derive(Debug)]
pub(super) struct NamedCircle {
    pub(super) parent: String,
    pub(super) members: Vec<String>,
    pub(super) edges: Vec<(String, String, Vec<Place>)>,
}

/// Where a path stands.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    line: usize,
    pub(super) path: String,
}

impl CrateReport {
    pub(super) fn new(
        label: &str,
        tree: &Tree,
        circles: Vec<Circle>,
        references: &[Reference],
    ) -> Self {
        let mut upward: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for reference in graph::upward(tree, references) {
            let parent = tree.path(reference.to);
            upward
                .entry(parent)
                .or_default()
                .push(place(tree, reference));
        }
        Self {
            label: label.into(),
            modules: tree.modules.len(),
            circles: circles
                .into_iter()
                .map(|circle| named(tree, circle))
                .collect(),
            upward,
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.circles.is_empty()
    }

    /// `here` is cut off the names of files.
    pub(super) fn text(&self, here: &Path, all_places: bool) -> String {
        let shown = if all_places { usize::MAX } else { SHOWN_PLACES };
        let mut text = format!(
            "{}: {} modules, {} circles, {} references to items of a parent's file\n",
            self.label,
            self.modules,
            self.circles.len(),
            self.upward.values().map(Vec::len).sum::<usize>()
        );
        for circle in &self.circles {
            let members = circle.members.join(", ");
            let _ = writeln!(text, "  circle in {}: {members}", circle.parent);
            for (from, to, places) in &circle.edges {
                let _ = writeln!(text, "    {from} -> {to} ({})", places.len());
                write_places(&mut text, places, here, shown);
            }
        }
        if all_places {
            for (parent, places) in &self.upward {
                let _ = writeln!(text, "  up to {parent} ({})", places.len());
                write_places(&mut text, places, here, shown);
            }
        }
        text
    }
}

fn write_places(text: &mut String, places: &[Place], here: &Path, shown: usize) {
    for place in places.iter().take(shown) {
        let file = place.file.strip_prefix(here).unwrap_or(&place.file);
        let (file, line) = (file.display(), place.line);
        let _ = writeln!(text, "      {file}:{line}: {}", place.path);
    }
    if places.len() > shown {
        let _ = writeln!(text, "      and {} more", places.len() - shown);
    }
}

fn named(tree: &Tree, circle: Circle) -> NamedCircle {
    let name = |id: Id| tree.modules[id].name.clone();
    let edges = circle.edges.into_iter().map(|((from, to), references)| {
        let places = references.iter().map(|reference| place(tree, reference));
        (name(from), name(to), places.collect::<Vec<_>>())
    });
    // The edges that are cut most easily come first.
    let mut edges: Vec<_> = edges.collect();
    edges.sort_by_key(|(_, _, places)| places.len());
    NamedCircle {
        parent: tree.path(circle.parent),
        members: circle.members.iter().map(|&id| name(id)).collect(),
        edges,
    }
}

fn place(tree: &Tree, reference: &Reference) -> Place {
    Place {
        file: tree.modules[reference.from].file.clone(),
        line: reference.line,
        path: reference.path.clone(),
    }
}
