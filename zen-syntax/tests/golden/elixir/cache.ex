# A remark at the top.

defmodule App.Cache do
  @moduledoc """
  Caches things.

      iex> App.Cache.get(:a)
      "quoted \\"
  """
  @moduledoc since: "1.0.0"

  use GenServer, restart: :temporary
  import Ecto.Query, only: [from: 2]
  alias App.{Repo, Users.User}
  alias App.Store, as: S
  require Logger

  @behaviour App.Backend
  @derive [Jason.Encoder, Inspect]
  @enforce_keys [:name]
  @timeout 5_000
  @list [
    :a,
    :b
  ]
  @timeout 6_000

  @typedoc "A cache."
  @type t :: %__MODULE__{name: atom, size: integer}
  @type result(a) :: {:ok, a} | {:error, term}
  @opaque state :: map
  @typep key :: atom
  @typedoc false
  @type hidden :: any

  defstruct [:name, :owner, size: 0, opts: []]

  @doc """
  Adds.

  ## Examples

      iex> add(1, 2)
      3
  """
  @doc since: "1.1.0"
  @spec add(integer, integer) :: integer
  @spec add(a, b) :: float when a: float, b: float
  def add(a, b \\ 1)

  def add(a, b) when is_integer(a) and b > 1, do: a + b

  def add(a, b) do
    a
    |> prepare()
    |> S.put(b)
    |> finish
    |> then(fn x -> x end)

    :ets.insert(@timeout, {a, b})
    Enum.map([a], &helper/1)
    __MODULE__.get(a)
    state = %{size: 1}
    state.size
    b.(1)
    Logger.debug("x")
    case a do
      1 -> local(1)
      _ -> raise ArgumentError
    end
  end

  @doc "Short."
  @deprecated "Use get/1"
  def add(a), do: a

  @doc ~S"""
  Raw \d #{not}.
  """
  def get(%{key: key} = _map, [head | _], "x" <> rest), do: {key, head, rest}

  @doc false
  def not_shown, do: :ok

  @impl true
  def init(_), do: {:ok, nil}

  def _underscored, do: 1

  @doc "Yes."
  @doc deprecated: "no"
  def valid?, do: true

  def save!, do: prepare(1)

  defp prepare(x), do: x
  defp finish(x) when x > 1 do
    x
  end

  @doc "Operates."
  def left <~> right, do: {left, right}
  def +value, do: value

  defmacro __using__(opts) do
    quote do
      import App.Cache
      def injected, do: unquote(opts)
    end
  end

  @doc "A macro."
  defmacro twice({_, _, _} = expression), do: quote(do: unquote(expression))
  defmacrop secret(x), do: x

  @doc guard: true
  defguard is_small(n) when is_integer(n) and n < 10
  defguardp is_big(n) when n > 10

  defdelegate fetch(cache, key), to: App.Store, as: :lookup
  defdelegate size(cache), to: S

  for name <- [:a, :b] do
    def unquote(name)(), do: unquote(name)
  end

  if Code.ensure_loaded?(Jason) do
    def encode(x), do: Jason.encode(x)
  end

  # Only a remark.
  def remarked(), do: 1

  defmodule Error do
    @moduledoc false
    defexception [:message, code: 1]

    def message(e), do: e.message
  end

  defmodule Nested.Deep do
    def reach, do: App.Cache.add(1)
  end
end

defmodule App.Backend do
  @doc "Fetches."
  @callback fetch(key :: atom, opts :: keyword) :: {:ok, term} | :error
  @callback none() :: :ok
  @callback typed(a) :: a when a: var
  @macrocallback expand(ast :: Macro.t()) :: Macro.t()
  @optional_callbacks none: 0, expand: 1
end

defprotocol App.Size do
  @moduledoc "Sizes."
  @fallback_to_any true

  @doc "The size."
  @spec size(t) :: integer
  def size(value)
end

defimpl App.Size, for: Map do
  def size(map), do: map_size(map)
end

defimpl App.Size, for: [List, App.Cache] do
  def size(x), do: length(x)
end

defmodule App.Bare do
  defstruct ~w(a b)a
  defstruct a: 1

  defimpl App.Size do
    def size(_), do: 0
  end
end
