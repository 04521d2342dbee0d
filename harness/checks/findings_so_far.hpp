// What a battery has found before it ends, for whoever has to explain the death of its process.
#pragma once

namespace mlacheck {

struct CaseResult;

/// Tells the listener, if there is one; after each new finding.
void note_findings(const CaseResult& result);

/// Null: nobody listens.
void set_findings_listener(void (*listener)(const CaseResult& result));

}  // namespace mlacheck
