//! Reads a crate's module tree from its source files.

use super::modules::{Id, Tree};
use super::paths::{self, Names};
use anyhow::{Context, Result, bail};
use std::path::Path;
use syn::{Attribute, Item, ItemMod};

/// The crate whose root file is `root`.
pub(super) fn crate_at(root: &Path) -> Result<Tree> {
    let folder = root.parent().unwrap_or(Path::new(""));
    let mut tree = Tree::default();
    tree.read_file(None, "crate", root, folder)?;
    Ok(tree)
}

impl Tree {
    /// `folder` is where the files of the module's children are.
    fn read_file(
        &mut self,
        parent: Option<Id>,
        name: &str,
        file: &Path,
        folder: &Path,
    ) -> Result<()> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let parsed = syn::parse_file(&text)
            .with_context(|| format!("{} is not valid Rust", file.display()))?;
        let module = self.add(parent, name, file);
        for item in &parsed.items {
            self.read_item(module, item, folder)?;
        }
        Ok(())
    }

    fn read_item(&mut self, module: Id, item: &Item, folder: &Path) -> Result<()> {
        if paths::is_for_tests(paths::attributes(item)) {
            return Ok(());
        }
        if let Item::Mod(inner) = item {
            return self.read_module(module, inner, folder);
        }
        let target = &mut self.modules[module];
        match paths::defined(item) {
            Names::Item(name) => {
                target.items.insert(name);
            }
            Names::Macro(name) => {
                target.items.insert(name.clone());
                target.macros.insert(name);
            }
            Names::Foreign(names) => target.items.extend(names),
            Names::None => {}
        }
        paths::collect(item, target);
        Ok(())
    }

    fn read_module(&mut self, parent: Id, inner: &ItemMod, folder: &Path) -> Result<()> {
        let name = paths::plain(&inner.ident);
        let own_folder = folder.join(&name);
        if let Some((_, items)) = &inner.content {
            let file = self.modules[parent].file.clone();
            let module = self.add(Some(parent), &name, &file);
            for item in items {
                self.read_item(module, item, &own_folder)?;
            }
            return Ok(());
        }
        if let Some(path) = explicit_path(&inner.attrs) {
            let beside = self.modules[parent]
                .file
                .parent()
                .unwrap_or(Path::new(""))
                .join(path);
            let folder = beside.parent().unwrap_or(Path::new("")).to_path_buf();
            return self.read_file(Some(parent), &name, &beside, &folder);
        }
        let (flat, nested) = (folder.join(format!("{name}.rs")), own_folder.join("mod.rs"));
        if flat.is_file() {
            self.read_file(Some(parent), &name, &flat, &own_folder)
        } else if nested.is_file() {
            self.read_file(Some(parent), &name, &nested, &own_folder)
        } else {
            bail!("module {name}: there is no {}", flat.display())
        }
    }
}

/// The value of `#[path = "…"]`.
fn explicit_path(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|found| found.path().is_ident("path"))?;
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    paths::text(&pair.value)
}
