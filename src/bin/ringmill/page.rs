//! A stats page: a small file that is replaced as a whole, so that readers never see half of one.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Where a page is kept.
pub(crate) struct Page {
    path: PathBuf,
    fresh: PathBuf,
}

impl Page {
    pub(crate) fn new(path: PathBuf) -> Self {
        let mut fresh = path.clone().into_os_string();
        fresh.push(".new");
        Self { path, fresh: fresh.into() }
    }

    /// Replaces it. A page that cannot be written is no reason to stop.
    pub(crate) fn write(&self, stats: &Value) {
        let written = fs::write(&self.fresh, stats.to_string());
        let _ = written.and_then(|()| fs::rename(&self.fresh, &self.path));
    }
}
