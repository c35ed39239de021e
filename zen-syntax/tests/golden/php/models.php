<?php

declare(strict_types=1);

/**
 * Models of the application.
 */
namespace App\Models;

use Foo\Bar as B, Foo\Qux;
use Foo\{C, Sub\D as E};
use function Foo\helper;
use const Foo\LIMIT;

require_once __DIR__ . '/polyfill.php';
include('other.php');

/** Largest size. */
const MAX = 10, MIN = 1;

/** Defined by call. */
define('App\LEGACY', 3);

/**
 * A user of the application.
 *
 * @template T of object
 * @template-covariant U
 * @property int $age In years
 * @property-read string|null $label
 * @method string nick(int $n) A nickname
 * @deprecated 2.0 Use Account
 * @see Account
 */
#[Entity(table: 'users'), Other]
#[Third]
abstract class User extends Base implements Named, \Json\Serializable
{
    use HasRoles, Concerns\HasDates {
        HasRoles::grant insteadof HasDates;
    }

    /** The table. */
    final protected const string TABLE = 'users';
    const A = 1, B = 2;
    private const SECRET = [
        'a' => 1,
    ];

    private readonly ?int $id;
    public static array $cache = [], $other;
    var $old = null;

    /** Whole name. */
    public string $full {
        get => $this->first . ' ' . $this->last;
        set { $this->first = $value; }
    }

    /**
     * Makes one.
     *
     * @param int|string $id what identifies it
     * @param array<string, mixed> $options more,
     *                                      and more
     * @param mixed ...$rest
     *
     * @throws \InvalidArgumentException if empty
     */
    #[Pure]
    public function __construct(
        private readonly int|string $id,
        protected ?string $name = 'x',
        array &$options = [],
        mixed ...$rest,
    ) {
        parent::__construct($id);
        $this->boot();
        $anonymous = new class extends Base {
            public function hidden() {}
        };
        function local() {}
    }

    abstract protected static function make(): static;

    final public function chain(B $b): ?self
    {
        $x = strlen(\trim($this->name));
        $b->query()->where('a')?->first();
        $this->repo->find(new Qux\Item($x));
        self::make();
        static::$cache[0]->go();
        Registry::get('x');
        isset($x) || exit(1);
        $callback = fn (int $y) => twice($y);
        return null;
    }

    /**
     * Old style.
     *
     * @param $untyped
     * @param callable(int): string $callback maps
     * @return callable(int, string): list<User> All of them.
     * @internal
     */
    function legacy($untyped)
    {
    }

    // Not documentation.
    private function hide() {}
}

/**
 * Named things.
 */
interface Named extends Stringable, \Countable
{
    public const DEFAULT_NAME = 'n';

    /** Its name. */
    public function name(string $locale = 'en'): string;
}

trait HasRoles
{
    protected array $roles = [];

    abstract public function grant(string $role): void;
}

enum Suit: string implements HasLabel
{
    use Comparable;

    case Hearts = 'H';
    #[Dark]
    case Spades = 'S';

    const Wild = self::Spades;

    public static function fromChar(string $c): self
    {
        return self::from($c);
    }
}

enum Status
{
    case On;
    case Off;
}

final readonly class Point
{
    public function __construct(public int $x = 0, public int $y = 0) {}
}

/**
 * Yields.
 *
 * @param int $a
 * @return \Generator<int>
 */
function &numbers(int $a = 1, callable|null $f = null): \Generator
{
    yield $a;
}

if (!\function_exists('App\Models\poly')) {
    function poly() {}
}

numbers(1);
