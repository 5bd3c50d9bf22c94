//! Pasted cURL commands, read and written.
