"""Merges in torch: right ones, and one that leaves memory unwritten."""

import mlacheck
import torch

ARGUMENTS = "prefill_tokens_with_context"


def state(values, lse, tokens):
    lse = torch.where(lse == torch.inf, torch.full_like(lse, -torch.inf), lse)[:, :tokens].T[..., None]
    values = values[:tokens].float()
    return torch.where(lse == -torch.inf, torch.zeros_like(values), values), lse


def result(prefix_out, prefix_lse, suffix_out, suffix_lse, tokens):
    prefix, lp = state(prefix_out, prefix_lse, tokens)
    suffix, ls = state(suffix_out, suffix_lse, tokens)
    high = torch.where(torch.isnan(lp + ls), lp + ls, torch.maximum(lp, ls))
    empty = high == -torch.inf
    shift = torch.where(empty, torch.zeros_like(high), high)
    wp, ws = torch.exp(lp - shift), torch.exp(ls - shift)
    total = torch.where(empty, torch.ones_like(high), wp + ws)
    both = prefix * (wp / total) + suffix * (ws / total)
    out, lse_out = suffix_out.clone(), suffix_lse.clone()
    out[:tokens] = torch.where(wp == 0, suffix, torch.where(ws == 0, prefix, both)).to(out.dtype)
    lse_out[:, :tokens] = torch.where(empty, high, shift + torch.log(total))[..., 0].T
    return out, lse_out


@mlacheck.subject("merge_states")
def written(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *, prefill_tokens_with_context):
    values, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    out.copy_(values)
    if lse_out is not None:
        lse_out.copy_(lse)


@mlacheck.subject("merge_states")
def returned(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    return result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)


@mlacheck.subject("merge_states")
def with_scratch(prefix_out, prefix_lse, suffix_out, suffix_lse, out, lse_out=None, *,
                 prefill_tokens_with_context):
    scratch = mlacheck.empty(out.shape, out.dtype)
    written(prefix_out, prefix_lse, suffix_out, suffix_lse, scratch, lse_out,
            prefill_tokens_with_context=prefill_tokens_with_context)
    out.copy_(scratch)


@mlacheck.subject("merge_states")
def forgets_one(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    values, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    made = torch.empty(values.shape, dtype=values.dtype, device=values.device)
    made.view(-1)[1:] = values.reshape(-1)[1:]
    return made, lse


@mlacheck.subject("merge_states")
def forgets_in_new_empty(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    values, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    made = values.new_empty(values.shape)
    made.view(-1)[1:] = values.reshape(-1)[1:]
    return made, lse


@mlacheck.subject("merge_states")
def of_another_type(prefix_out, prefix_lse, suffix_out, suffix_lse, *, prefill_tokens_with_context):
    values, lse = result(prefix_out, prefix_lse, suffix_out, suffix_lse, prefill_tokens_with_context)
    return values.double(), lse
