// Copyright (c) the authors.
#pragma once

#include <memory>
#include <vector>
#include "base/object.h"

#define ENGINE_API __declspec(dllexport)

/// Everything of the engine.
namespace engine::core {

using std::string;
using namespace std::literals;

/// A clock.
using Clock = std::chrono::steady_clock;
template <typename T>
using Ptr = std::unique_ptr<T>;
typedef struct Raw { int a; } RawT;

inline namespace v1 {
constexpr int kVersion = 3;
inline constexpr double kScale{1.5};
extern int counter;
static int hidden = 0;
}  // namespace v1

namespace {
void only_here();
int also_here = 1;
}

/// Colours.
enum class Color : unsigned char {
  Red,       ///< Like blood.
  Green = 2, //!< Like grass.
};

/// What can be added.
template <typename T>
concept Addable = requires(T a, T b) {
  { a + b } -> std::same_as<T>;
};

class Forward;
template <class T> struct Traits;

/**
 * @brief A base.
 *
 * @tparam T what it holds
 */
template <typename T, int N = 4>
class ENGINE_API Engine final : public Base<T>, protected virtual Other, private detail::Hidden {
  int secret_;
  void tick();

 public:
  using value_type = T;
  static constexpr int kMax = 10;
  inline static std::vector<int> all = {1, 2};

  /// Makes one.
  /// \param size how large
  explicit Engine(int size = 4, const std::string& name = "x,y") noexcept;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine& other) = default;
  virtual ~Engine() override;

  /// How large.
  /// @returns the size
  /// @throws std::bad_alloc if there is no room
  [[nodiscard]] constexpr auto size() const noexcept -> std::size_t { return size_; }
  virtual void run(std::function<void(int)> f) = 0;
  static Engine* create();
  bool operator==(const Engine& rhs) const;
  explicit operator bool() const { return true; }
  T operator()(int a, T... rest);
  template <typename U>
    requires Addable<U>
  U add(U a, U&& b) &&;

  /// An inner one.
  struct Options {
    bool fast = true;  ///< Or not.
    std::vector<int> sizes{};
    int a, *b;
   private:
    int c : 3;
  };

  enum Mode { kOn, kOff };

  T value;  ///< The value.

 protected:
  mutable std::mutex lock_;
  virtual int step(int) volatile;

 private:
  friend class Friend;
  friend bool operator<(const Engine& a, const Engine& b);
  std::size_t size_ = 0;
};

template <>
struct Traits<int> {
  static const bool value = true;
};

union Either {
  int i;
  float f;
  Either() : i(0) {}
};

struct Point : Base {
  double x, y;
};

/// Adds.
template <Addable T>
T add(T a, T b) {
  auto f = [](int q) { return q; };
  struct Local { int z; };
  return a + b + helper<T>(f(1));
}

ENGINE_API std::string name_of(const Color& color, int (*callback)(int) = nullptr);
std::ostream& operator<<(std::ostream& out, const Point& p);
long double operator""_km(long double v);

extern "C" {
int engine_c(void);
}
extern "C" void engine_one(int);

}  // namespace engine::core
