//! What C may pass, and what it gets.
