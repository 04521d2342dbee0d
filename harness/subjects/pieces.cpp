#include "harness/subjects/pieces.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "harness/op/pieces.hpp"
#include "harness/subjects/layer_steps.hpp"
#include "harness/subjects/ops.hpp"
#include "harness/subjects/piece_promises.hpp"
#include "harness/subjects/subject_store.hpp"
#include "harness/subjects/subjects.hpp"
#include "harness/text/text.hpp"

namespace mlacheck {
namespace {

std::string place_of(const PieceChoice& choice) {
  return "--piece '" + excerpt(choice.text) + "': ";
}

// Of all layers, each once.
std::vector<std::string> known_steps() {
  std::vector<std::string> known;
  for (const OpEntry& op : ops()) {
    for (const LayerStep& step : steps_of(op.model->schema().op)) {
      if (std::ranges::find(known, step.op) == known.end()) known.push_back(step.op);
    }
  }
  return known;
}

const LayerStep* step_of(const std::vector<LayerStep>& steps, const std::string& op) {
  const auto found = std::ranges::find(steps, op, &LayerStep::op);
  return found == steps.end() ? nullptr : &*found;
}

// A step's subject, and whose it is.
struct Chosen {
  const PieceChoice* choice;
  const Subject* subject;
};

// Every way to take one subject of each library on a backend. None if one of them has no subject there.
std::vector<std::vector<Chosen>> combinations(const std::vector<PieceLibrary>& libraries,
                                              const std::string& backend) {
  std::vector<std::vector<Chosen>> all{{}};
  for (const PieceLibrary& library : libraries) {
    std::vector<std::vector<Chosen>> longer;
    for (const SubjectTable& table : library.tables) {
      if (table.op != library.choice.op || table.backend != backend) continue;
      for (const Subject& subject : table.subjects) {
        for (std::vector<Chosen> chosen : all) {
          chosen.push_back({&library.choice, &subject});
          longer.push_back(std::move(chosen));
        }
      }
    }
    all = std::move(longer);
  }
  return all;
}

// "+mla_decode:mine": what follows the bundled variant's name.
std::string suffix_of(const std::vector<Chosen>& chosen) {
  std::string suffix;
  for (const Chosen& piece : chosen) {
    suffix += "+" + piece.choice->op + ":" + piece.subject->variant;
  }
  return suffix;
}

// How many subjects the layers take, and why the first of the others is refused.
struct Answers {
  int taken = 0;
  std::string refusal;
};

// Takes from the layer what its pieces do not promise. A piece that is alone is checked by the cases that
// call it.
void promise_no_more(Subject& layer, const OpModel& model, const std::vector<Chosen>& chosen,
                     const std::vector<LayerStep>& steps) {
  for (const Chosen& piece : chosen) {
    const LayerStep& step = *step_of(steps, piece.choice->op);
    if (chosen.size() == 1 && !step.called.empty()) layer.domain += " " + step.called;
    promise_no_more(layer, model, *piece.subject, step,
                    place_of(*piece.choice) + "variant '" + piece.subject->variant + "': ");
  }
}

Subject layer_of(const Subject& bundled, const std::vector<Chosen>& chosen,
                 const std::vector<LayerStep>& steps, const SubjectTable& table, Answers& answers) {
  Subject subject = bundled;
  subject.variant += suffix_of(chosen);
  subject.baseline = bundled.variant;
  subject.contract.clear();  // launches and bytes of a piece are its own
  try {
    promise_no_more(subject, *find_op(table.op)->model, chosen, steps);
    ++answers.taken;
  } catch (const std::invalid_argument& refusal) {
    if (answers.refusal.empty()) answers.refusal = refusal.what();
    subject.domain = bundled.domain;
    subject.unavailable = [reason = std::string(refusal.what())] { return reason; };
    return subject;
  }
  auto pieces = std::make_shared<std::vector<Piece>>();
  std::vector<std::function<std::string()>> reasons;
  if (bundled.unavailable) reasons.push_back(bundled.unavailable);
  for (const Chosen& piece : chosen) {
    const std::string whose = "variant " + piece.subject->variant + " of " + piece.choice->path;
    pieces->push_back(
        {piece.choice->op, "piece " + piece.choice->op + " (" + whose + ")", piece.subject->run});
    if (piece.subject->unavailable) reasons.push_back(piece.subject->unavailable);
  }
  // Foreign code for the CPU works while it is called.
  if (table.backend.starts_with("cpu.")) note_host_work(subject.variant);
  subject.run = [pieces, run = bundled.run](const Call& call, LaunchContext& context) {
    const PieceScope scope(*pieces);
    return run(call, context);
  };
  if (!reasons.empty()) {
    subject.unavailable = [reasons] {
      for (const auto& reason : reasons) {
        if (std::string text = reason(); !text.empty()) return text;
      }
      return std::string();
    };
  }
  return subject;
}

// The table of one layer on one backend with these pieces; nothing where it does not have the steps, or the
// libraries have nothing for the backend.
std::optional<SubjectTable> table_of(const SubjectTable& bundled,
                                     const std::vector<PieceLibrary>& libraries, Answers& answers) {
  const std::vector<LayerStep>& steps = steps_of(bundled.op);
  for (const PieceLibrary& library : libraries) {
    if (step_of(steps, library.choice.op) == nullptr) return std::nullopt;
  }
  SubjectTable table;
  table.op = bundled.op;
  table.backend = bundled.backend;
  table.tiles = bundled.tiles;
  for (const PieceLibrary& library : libraries) {
    if (library.options.empty()) continue;
    table.option = library.options + " ";  // one interpreter runs all of them
  }
  for (std::size_t i = 0; i + 1 < libraries.size(); ++i) {
    table.option += "--piece " + shell_quoted(libraries[i].choice.text) + " ";
  }
  table.option += "--piece";
  table.origin = libraries.back().choice.text;
  for (const std::vector<Chosen>& chosen : combinations(libraries, bundled.backend)) {
    for (const Subject& subject : bundled.subjects) {
      table.subjects.push_back(layer_of(subject, chosen, steps, bundled, answers));
    }
  }
  if (table.subjects.empty()) return std::nullopt;
  return table;
}

void check_library(PieceLibrary& library) {
  const std::string place = place_of(library.choice);
  std::string offered;
  bool has_op = false;
  for (SubjectTable& table : library.tables) {
    if (table.backend == "cpu") table.backend = "cpu.w32";
    check_known(table, place);
    has_op = has_op || table.op == library.choice.op;
    if (offered.find(table.op) == std::string::npos) {
      offered += (offered.empty() ? "" : ", ") + table.op;
    }
  }
  if (has_op) return;
  throw std::invalid_argument(place + "has no subject of " + library.choice.op + ", but of " +
                              (offered.empty() ? "nothing" : offered));
}

std::string joined(const std::vector<PieceLibrary>& libraries) {
  std::string text;
  for (const PieceLibrary& library : libraries) {
    text += (text.empty() ? "" : " and ") + library.choice.op;
  }
  return text;
}

}  // namespace

PieceChoice piece_choice(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw std::invalid_argument("--piece '" + excerpt(text) +
                                "': expected OP=SUBJECT, such as merge_states=mine.py");
  }
  PieceChoice choice{text, text.substr(0, equals), text.substr(equals + 1)};
  const std::vector<std::string> known = known_steps();
  if (std::ranges::find(known, choice.op) == known.end()) {
    throw std::invalid_argument("--piece '" + excerpt(text) + "': '" + excerpt(choice.op) +
                                "' is a step of no layer, " + expected_one_of(choice.op, known));
  }
  return choice;
}

void enter_pieces(std::vector<PieceLibrary> libraries) {
  if (libraries.empty()) return;
  for (std::size_t i = 0; i < libraries.size(); ++i) {
    check_library(libraries[i]);
    for (std::size_t k = 0; k < i; ++k) {
      if (libraries[k].choice.op != libraries[i].choice.op) continue;
      throw std::invalid_argument(place_of(libraries[i].choice) + libraries[i].choice.op +
                                  " is taken by '" + excerpt(libraries[k].choice.text) + "'");
    }
  }
  std::vector<SubjectTable> tables;
  Answers answers;
  for (const SubjectTable& bundled : all_subject_tables()) {
    if (!bundled.origin.empty()) continue;
    if (std::optional<SubjectTable> table = table_of(bundled, libraries, answers)) {
      tables.push_back(std::move(*table));
    }
  }
  if (tables.empty()) {
    throw std::invalid_argument(place_of(libraries.back().choice) + "no layer has " +
                                joined(libraries) + " on a backend that the pieces are for");
  }
  if (answers.taken == 0 && !answers.refusal.empty()) throw std::invalid_argument(answers.refusal);
  for (SubjectTable& table : tables) {
    check_known(table, place_of(libraries.back().choice));
    all_subject_tables().push_back(std::move(table));
  }
}

std::vector<SubjectTable> tables_of(const PieceChoice& choice, const LoadTables& load) {
  try {
    return load(choice.path);
  } catch (const std::invalid_argument& refusal) {
    const std::string message = refusal.what();
    const std::string subject = "--subject '" + choice.path + "': ";
    if (!message.starts_with(subject)) throw;
    throw std::invalid_argument(place_of(choice) + message.substr(subject.size()));
  }
}

void add_pieces(const std::vector<std::string>& texts) {
  std::vector<PieceLibrary> libraries;
  for (const std::string& text : texts) {
    PieceChoice choice = piece_choice(text);
    std::vector<SubjectTable> tables = tables_of(choice, &load_subjects);
    libraries.push_back({std::move(choice), std::move(tables)});
  }
  enter_pieces(std::move(libraries));
}

}  // namespace mlacheck
