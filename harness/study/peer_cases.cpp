#include "harness/study/peer_cases.hpp"

#include <array>
#include <stdexcept>
#include <string>

#include "harness/subjects/ops.hpp"

namespace mlacheck {
namespace {

// The extent 1 is left out of most: it would make a stride mistake invisible, and peers avoid it.
constexpr std::array kLines{
    "strided_bmm(B=16,N=8,L=128,V=64,dtype=bf16,values=normal)",
    "strided_bmm(B=64,N=2,L=64,V=64,dtype=bf16,values=normal)",
    "strided_bmm(B=2,N=16,L=512,V=128,dtype=bf16,values=normal)",
    "strided_bmm(B=16,N=8,L=128,V=64,values=normal)",
    "strided_bmm(B=32,N=4,L=64,V=128,values=normal)",
    "strided_bmm(B=4,N=8,L=512,V=128,values=normal)",

    "merge_states(T=64,N=8,D=128,lse_wanted=1,dtype=bf16,values=normal,lse=near)",
    "merge_states(T=16,N=16,D=256,lse_wanted=1,dtype=bf16,values=normal,lse=near)",
    "merge_states(T=128,N=2,D=64,lse_wanted=1,dtype=bf16,values=normal,lse=near)",
    "merge_states(T=64,N=8,D=128,lse_wanted=1,values=normal,lse=near)",
    "merge_states(T=16,N=16,D=256,lse_wanted=1,values=normal,lse=near)",
    "merge_states(T=128,N=2,D=64,lse_wanted=1,values=normal,lse=near)",

    "chunked_context(chunks=2,requests=[8:2,8:2],N=8,V=128,dtype=bf16,values=normal,lse=near)",
    "chunked_context(chunks=4,requests=[8:4,8:4],N=8,V=128,dtype=bf16,values=normal,lse=near)",
    "chunked_context(chunks=8,requests=[4:8,4:8,4:8,4:8],N=4,V=64,dtype=bf16,values=normal,"
    "lse=near)",
    "chunked_context(chunks=2,requests=[8:2,8:2],N=8,V=128,values=normal,lse=near)",
    "chunked_context(chunks=4,requests=[8:4,8:4],N=8,V=128,values=normal,lse=near)",
    "chunked_context(chunks=8,requests=[4:8,4:8,4:8,4:8],N=4,V=64,values=normal,lse=near)",

    "mla_decode(dtype=bf16,requests=[1:256,1:256],H=16,latent=512,rope=64,page=64,splits=4,"
    "values=normal)",
    "mla_decode(dtype=bf16,requests=[1:128,1:128,1:128,1:128],H=8,latent=128,rope=64,page=64,"
    "splits=4,values=normal)",
    "mla_decode(dtype=bf16,requests=[2:256,2:256],H=8,latent=256,rope=64,page=64,splits=4,"
    "values=normal)",
    "mla_decode(requests=[1:256,1:256],H=16,latent=512,rope=64,page=64,splits=4,values=normal)",
    "mla_decode(requests=[1:128,1:128,1:128,1:128],H=8,latent=128,rope=64,page=64,splits=4,"
    "values=normal)",
    "mla_decode(requests=[2:256,2:256],H=8,latent=256,rope=64,page=64,splits=4,values=normal)",

    "decode_expansion(seqs=[256,256,256,256],D=2,W=4,page=64)",
    "decode_expansion(seqs=[256,256,256,256],D=4,W=4,page=64)",
    "decode_expansion(seqs=[512,512,512,512,512,512,512,512],D=2,W=8,page=64)",
    "decode_expansion(seqs=[512,512,512,512,512,512,512,512],D=8,W=8,page=64)",
    "decode_expansion(seqs=[1024,1024],D=4,W=64,page=16)",
    "decode_expansion(seqs=[128,128,128,128],D=1,W=2,page=64)",

    "flatten_quant(T=16,H=8,V=128,dtype=bf16,values=normal)",
    "flatten_quant(T=16,H=16,V=128,dtype=bf16,values=normal,x.order=HTV)",
    "flatten_quant(T=4,H=16,V=256,form=fp8,maximum=448,dtype=bf16,values=normal)",
    "flatten_quant(T=32,H=4,V=64,values=normal)",
    "flatten_quant(T=16,H=8,V=128,form=fp8,maximum=448,values=normal)",
    "flatten_quant(T=4,H=16,V=256,form=fp8_transposed,maximum=448,values=normal)",

    "quantized_bmm(T=16,H=8,V=128,blocks=16,out_dtype=bf16,values=normal)",
    "quantized_bmm(T=16,H=8,V=512,blocks=4,out_dtype=bf16,values=normal)",
    "quantized_bmm(form=afp4wfp4,T=16,H=8,V=128,blocks=16,out_dtype=bf16,values=normal)",
    "quantized_bmm(form=afp4wfp4,T=32,H=4,V=64,blocks=4,values=normal)",
    "quantized_bmm(form=fp8,T=16,H=8,V=128,blocks=16,out_dtype=bf16,values=normal)",
    "quantized_bmm(form=fp8,T=32,H=4,V=64,blocks=4,values=normal)",
};

}  // namespace

std::vector<Case> peer_cases(std::string_view op) {
  std::vector<Case> cases;
  for (const std::string_view line : kLines) {
    if (line.substr(0, line.find('(')) != op) continue;
    ParsedCase parsed = parse_case(line, all_schemas());
    if (const auto* const reason = std::get_if<std::string>(&parsed)) {
      throw std::logic_error("peer case " + std::string(line) + ": " + *reason);
    }
    cases.push_back(std::get<Case>(std::move(parsed)));
  }
  if (cases.empty()) throw std::logic_error("op " + std::string(op) + " has no peer cases");
  return cases;
}

}  // namespace mlacheck
