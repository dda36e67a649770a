//! What a transactional id goes through, told from its producers' side.
