"""The functions of with_torch.py on a GPU; each says in its name what must become of it."""

import mlacheck
import with_torch

for function, variant in ((with_torch.written, "passes_written"), (with_torch.returned, "passes_returned"),
                          (with_torch.with_scratch, "passes_with_scratch"),
                          (with_torch.forgets_one, "fails_forgets_one"),
                          (with_torch.forgets_in_new_empty, "fails_forgets_in_new_empty"),
                          (with_torch.of_another_type, "fails_of_another_type")):
    mlacheck.subject("merge_states", variant=variant, backend="cuda", framework="torch",
                     agreement="within_bound")(function)
