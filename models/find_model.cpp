#include "models/model.hpp"

namespace cbench {

const ModelInfo* find_model(std::string_view name) {
  for (const ModelInfo* model : models()) {
    if (model->name == name) return model;
  }
  return nullptr;
}

}  // namespace cbench
