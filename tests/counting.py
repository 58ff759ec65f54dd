"""The statements that a store is asked inside a `with`: for promises about how many there are."""

import logging


class Counted(logging.Handler):
    """A list of the statements that peewee sends while it is open."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.asked = []

    def emit(self, record):
        self.asked.append(str(record.msg))

    def __enter__(self):
        self.before = logging.getLogger("peewee").level
        logging.getLogger("peewee").addHandler(self)
        logging.getLogger("peewee").setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_):
        logging.getLogger("peewee").removeHandler(self)
        logging.getLogger("peewee").setLevel(self.before)

    def __len__(self):
        return len(self.asked)

    def __iter__(self):
        return iter(self.asked)
