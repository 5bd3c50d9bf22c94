//! Sends one prepared request to the world, guarded, and says what came of it.
