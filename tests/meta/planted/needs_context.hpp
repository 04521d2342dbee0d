// Does not compile alone, on purpose: meta.headers_fires expects the header check to say so.
#pragma once

inline planted_unknown_type answer() { return 42; }
