//! From a path in a module to the modules that define what it names.

use super::modules::{Id, Mention, ROOT, Tree};
use std::collections::{BTreeSet, HashSet};

/// One module refers to another at a line of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) from: Id,
    pub(super) to: Id,
    pub(super) line: usize,
    pub(super) path: String,
}

/// All references of a crate's modules to others of them.
pub(super) fn references(tree: &Tree) -> Vec<Reference> {
    let mut all = Vec::new();
    for (from, module) in tree.modules.iter().enumerate() {
        for mention in &module.mentions {
            for to in reached(tree, from, mention) {
                all.push(Reference {
                    from,
                    to,
                    line: mention.line,
                    path: mention.path.join("::"),
                });
            }
        }
    }
    all
}

/// The modules that a mention in module `from` refers to. An imported name refers to nothing more
/// than its `use` declaration does.
fn reached(tree: &Tree, from: Id, mention: &Mention) -> BTreeSet<Id> {
    let all = Search::new(tree).modules(from, mention);
    let imports = &tree.modules[from].imports;
    let mut named = imports
        .iter()
        .filter(|import| import.name == mention.path[0]);
    let is_known = named.any(|import| {
        import.path != mention.path
            && Search::new(tree)
                .modules(from, &import.as_mention())
                .is_superset(&all)
    });
    if is_known { BTreeSet::new() } else { all }
}

/// One walk along a path: which modules define its end, which only pass it on by `use`.
struct Search<'t> {
    tree: &'t Tree,
    defining: BTreeSet<Id>,
    passed: BTreeSet<Id>,
    seen: HashSet<(Id, usize)>,
    seen_globs: HashSet<(Id, usize)>,
}

impl<'t> Search<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            defining: BTreeSet::new(),
            passed: BTreeSet::new(),
            seen: HashSet::new(),
            seen_globs: HashSet::new(),
        }
    }

    fn modules(mut self, from: Id, mention: &Mention) -> BTreeSet<Id> {
        self.mention(from, mention);
        // Who contains a module and passes a name on is no dependency of it.
        let above = self.tree.line(from);
        self.passed.retain(|id| !above.contains(id));
        self.defining.append(&mut self.passed);
        self.defining.remove(&from);
        self.defining
    }

    fn mention(&mut self, from: Id, mention: &Mention) {
        if self.path(from, &mention.path) || !mention.is_macro {
            return;
        }
        // A macro without a path: the nearest definition above.
        let mut line = self.tree.line(from).into_iter().rev();
        let defines = |id: &Id| self.tree.modules[*id].macros.contains(&mention.path[0]);
        if mention.path.len() == 1
            && let Some(found) = line.find(defines)
        {
            self.defining.insert(found);
        }
    }

    /// Walks a path as it stands in module `from`; `false` if it leads out of the crate.
    fn path(&mut self, from: Id, path: &[String]) -> bool {
        let parent = |id: Id| self.tree.modules[id].parent.unwrap_or(ROOT);
        let (mut at, mut rest) = match path.first().map(String::as_str) {
            Some("crate") => (ROOT, &path[1..]),
            Some("self") => (from, &path[1..]),
            Some("super") => (parent(from), &path[1..]),
            Some(_) => return self.name(from, path),
            None => return false,
        };
        while rest.first().is_some_and(|name| name == "super") {
            (at, rest) = (parent(at), &rest[1..]);
        }
        if !self.name(at, rest) {
            // Made by a macro, as a rule.
            self.defining.insert(at);
        }
        true
    }

    /// Walks names from module `at` down; `false` if the first of them is not known there.
    fn name(&mut self, at: Id, rest: &[String]) -> bool {
        let Some((name, further)) = rest.split_first() else {
            self.defining.insert(at);
            return true;
        };
        let mut found = false;
        for child in self.tree.children_called(at, name) {
            found = true;
            if !self.name(child, further) {
                self.defining.insert(child);
            }
        }
        if found && !further.is_empty() {
            // Nothing but a module has names below it that are its own.
            return true;
        }
        let module = &self.tree.modules[at];
        if module.items.contains(name) {
            found = true;
            self.defining.insert(at);
        }
        for (index, import) in module.imports.iter().enumerate() {
            if import.name == *name && self.seen.insert((at, index)) {
                found = true;
                self.passed.insert(at);
                self.path(at, &[&import.path, further].concat());
            }
        }
        found || self.through_globs(at, rest)
    }

    fn through_globs(&mut self, at: Id, rest: &[String]) -> bool {
        let mut found = false;
        for (index, glob) in self.tree.modules[at].globs.iter().enumerate() {
            if !self.seen_globs.insert((at, index)) {
                continue;
            }
            let mut modules = Search::new(self.tree);
            modules.seen_globs.clone_from(&self.seen_globs);
            modules.path(at, glob);
            for module in modules.defining {
                // A glob of an enum ends at its module, which then brings all its names: rather
                // one reference too many than one too few.
                if module != at && self.name(module, rest) {
                    found = true;
                    self.passed.insert(at);
                }
            }
        }
        found
    }
}
