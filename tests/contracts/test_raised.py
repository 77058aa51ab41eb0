from hwnas.contracts.raised import in_one_line, where_raised


def test_an_error_says_where_in_the_users_own_code_it_arose_and_in_one_line_what() -> None:
    try:
        raise ValueError("first\n  second. " + "x" * 999)
    except ValueError as error:
        assert where_raised(error).startswith(f' at {__file__}, line 6 (raise ValueError("first')
        assert in_one_line(error).startswith("first second. xxx")
        assert len(in_one_line(error)) == 200


def test_an_error_that_never_arose_was_nowhere() -> None:
    assert where_raised(ValueError("a")) == ""
