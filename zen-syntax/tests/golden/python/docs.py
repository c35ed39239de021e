"""Docstrings in three styles.

Note:
    Only text.
"""


def google(a, b, *args, **kwargs):
    """Does it.

    Longer text: with a colon.

    Args:
        a: The first.
        b (int, optional): The second
            on two lines: really.

            And a paragraph.
        *args: More.
        **kwargs (dict[str, int]): Even more.

    Returns:
        dict[str, int]: What comes
        out of it.

    Raises:
        ValueError: If it is wrong.
        KeyError

    Example:
        >>> google(1, 2)
        3

    Text after.
    """


def google_plain(x):
    """
    Yields things.

    Keyword Args:
        x: One.

    Returns:
        The sum of it: always.

    Yields:
        int | None: Numbers.
    """


def numpy(x, y, z):
    """Does it.

    .. deprecated:: 1.6
        Use `other`.

    Parameters
    ----------
    x : int, optional
        The first.

        With a paragraph.
    y, z : float
        The others.
    w
        No type.

    Returns
    -------
    out : ndarray
        The result.
    int
        The count.

    Raises
    ------
    LinAlgError
        If not.

    See Also
    --------
    other : Not this.

    Examples
    --------
    >>> numpy(1, 2, 3)
    6
    """


def sphinx(url, count, **kwargs):
    r"""Sends it to :class:`Request`.

    :param url: Where
        to send it.
    :type url: str
    :param int count: How often.
    :param \*\*kwargs: The rest.
    :keyword flag: A flag.
    :return: :class:`Response <Response>` object
    :rtype: requests.Response
    :raises ValueError: If not.
    :raises KeyError:
    :meta private:

    Usage::

      >>> import requests
      >>> sphinx('x')
      <Response [200]>

      >>> again
    """


class Fields:
    """Has fields.

    Attributes:
        a: One.

    :ivar b: Two.
    :vartype b: int
    """


def none():
    """Nothing: here - no parts. Args: are none."""
